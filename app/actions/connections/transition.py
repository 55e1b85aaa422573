"""The one way in which a connection changes its state: guarded by the state table, with exactly one event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnExpressionArgument, func, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.connections.model import Connection
from app.domain.connections.states import MACHINE, ConnectionEvent
from app.services import events
from app.services.db import tenant_of

PAST: Mapping[ConnectionEvent, str] = {
    ConnectionEvent.CONNECT: "connection.connected",
    ConnectionEvent.RECOVER: "connection.recovered",
    ConnectionEvent.EXPIRE_SOON: "connection.expires_soon",
    ConnectionEvent.LOSE: "connection.attention",
    ConnectionEvent.REVOKE: "connection.revoked",
    ConnectionEvent.PAUSE: "connection.paused",
    ConnectionEvent.RESUME: "connection.resumed",
}
"""The name that each change has in the event log."""
MENDED_BY = "reconnectConnection"
"""The mutation that mends a connection which only its owner can mend; events name it under `call`."""
BY_LINK = f"Ask for a link with {MENDED_BY} and open it as the account's owner."


async def transition(
    session: AsyncSession,
    connection_id: UUID,
    event: ConnectionEvent,
    *,
    where: Sequence[ColumnExpressionArgument[bool]] = (),
    values: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
) -> Connection | None:
    """Apply `event` if the state and the guards allow it; None changes nothing and records nothing."""
    mine = (Connection.tenant_id == tenant_of(session), Connection.id == connection_id)
    query = (
        update(Connection)
        .where(*mine, Connection.state.in_(MACHINE.sources(event)), *where)
        .values(
            state=MACHINE.target(event),
            updated_at=func.clock_timestamp(),
            revision=Connection.revision + 1,
            **(values or {}),
        )
        .returning(Connection)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    connection = await session.scalar(query)
    if connection is not None:
        said = {"state": connection.state, "platform": connection.platform, **(details or {})}
        events.record(session, events.Event(PAST[event], "connection", connection.id, said))
    return connection
