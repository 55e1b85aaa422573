"""A person has ended the access on the platform, or asks that what was fetched about them is deleted.

Promise: after `end` no token of the connection exists here; a grant from after the person's decision stays as it is,
and a connection that has ended stays as it ended. After `erase` nothing of the person's profile is left; the ids of the
account and of its posts stay, because they are the workspace's own record. Both stand in the audit log.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.connections.audited import audit
from app.actions.connections.switch import revoke
from app.domain.connections.model import Connection, ConnectionCheck
from app.domain.connections.queries import connection as read_connection
from app.domain.connections.states import ConnectionState
from app.services import events
from app.services.db import tenant_of

SKEW: Final = timedelta(seconds=5)
"""Platforms give whole seconds by their own clock."""
REASON: Final = "deauthorized"
MESSAGE: Final = "Access to the account was taken back on the platform."
ERASED: Final = "deleted account"


async def granted_since(session: AsyncSession, connection_id: UUID, decided_at: datetime) -> bool:
    """Whether the connection lives by a grant from after the person's decision. Locks it.

    Raises:
        NotFound: no such connection in this tenant.
    """
    known = await read_connection(session, connection_id, lock=True)
    return known.state is not ConnectionState.REVOKED and _newer(known, decided_at)


async def end(session: AsyncSession, connection_id: UUID, *, decided_at: datetime) -> Connection | None:
    """End the connection; None where it has ended already, or was granted anew since `decided_at`.

    Raises:
        NotFound: no such connection in this tenant.
    """
    known = await read_connection(session, connection_id, lock=True)
    if known.state is ConnectionState.REVOKED or _newer(known, decided_at):
        return None
    return await revoke(session, connection_id, message=MESSAGE, reason=REASON, verb="connection.deauthorize")


async def erase(session: AsyncSession, connection_id: UUID) -> None:
    """Delete what was fetched about the account and the person behind it."""
    tenant = tenant_of(session)
    checks = delete(ConnectionCheck).where(
        ConnectionCheck.tenant_id == tenant, ConnectionCheck.connection_id == connection_id
    )
    await session.execute(checks.execution_options(synchronize_session=False))
    profile: dict[str, Any] = {
        "owner_id": None,
        "handle": ERASED,
        "name": ERASED,
        "url": None,
        "avatar_url": None,
        "account_limits": {},
        "updated_at": func.clock_timestamp(),
        "revision": Connection.revision + 1,
    }
    mine = (Connection.tenant_id == tenant, Connection.id == connection_id)
    query = update(Connection).where(*mine).values(profile).returning(Connection)
    erased = await session.scalar(query.execution_options(synchronize_session=False, populate_existing=True))
    if erased is not None:
        said = {"state": erased.state, "platform": erased.platform}
        events.record(session, events.Event("connection.erased", "connection", connection_id, said))
        await audit(session, "connection.erase", erased, {"platform": erased.platform})


def _newer(known: Connection, decided_at: datetime) -> bool:
    return known.granted_at is not None and known.granted_at > decided_at + SKEW
