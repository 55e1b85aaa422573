"""Switch a connection off and on, and end it.

Promise: a paused connection sends nothing from the moment of the commit; what waits is parked and goes out after
`resume`, inside its window. A revoked connection has no tokens any more: they are destroyed in the same transaction,
with what was fetched of its person. Each stands in the audit log.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.connections.audited import audit, named
from app.actions.connections.forget import LEFT, forget
from app.actions.connections.transition import BY_LINK, MENDED_BY, transition
from app.domain.connections.errors import ConnectionStateRefused
from app.domain.connections.model import Connection
from app.domain.connections.queries import connection as read_connection
from app.domain.connections.states import ConnectionEvent
from app.domain.jobs.queries import held_up


async def pause(session: AsyncSession, connection_id: UUID) -> Connection:
    """Switch a connection off.

    Raises:
        NotFound, ConnectionStateRefused: nothing was changed.
    """
    why = {"code": "paused", "message": "The account was switched off here.", "hint": "Resume it."}
    details = {"waiting": await held_up(session, connection_id)}
    connection = await transition(
        session, connection_id, ConnectionEvent.PAUSE, values={"reason": why}, details=details
    )
    if connection is None:
        raise ConnectionStateRefused(await read_connection(session, connection_id), "paused")
    await audit(session, "connection.pause", connection, named(connection))
    return connection


async def resume(session: AsyncSession, connection_id: UUID, *, now: datetime) -> Connection:
    """Switch a paused connection on; the monitor looks at it at once.

    Raises:
        NotFound, ConnectionStateRefused: nothing was changed.
    """
    values = {"reason": None, "next_check_at": now, "ping_at": None}
    connection = await transition(session, connection_id, ConnectionEvent.RESUME, values=values)
    if connection is None:
        raise ConnectionStateRefused(await read_connection(session, connection_id), "resumed")
    await audit(session, "connection.resume", connection, named(connection))
    return connection


async def revoke(
    session: AsyncSession,
    connection_id: UUID,
    *,
    message: str,
    reason: str = "revoked",
    verb: str = "connection.revoke",
    told: str = "",
) -> Connection:
    """End a connection, destroy its tokens and let go of what was fetched of its person.

    `reason` is the word for programs; `verb` and `told`, what the platform said to it, are for the audit log.

    Raises:
        NotFound: no such connection in this tenant.
    """
    why = {"code": reason, "message": message, "hint": f"Connect the account again. {BY_LINK}"}
    waiting = await held_up(session, connection_id)
    said = {"reason": reason, "message": message, "hint": why["hint"], "call": MENDED_BY, "waiting": waiting}
    event = ConnectionEvent.REVOKE
    connection = await transition(session, connection_id, event, values={"reason": why, **LEFT}, details=said)
    if connection is None:
        return await read_connection(session, connection_id)  # raises NotFound: every state knows REVOKE
    await forget(session, connection)
    details = {"platform": connection.platform, "externalId": connection.external_id, "platformSaid": told}
    await audit(session, verb, connection, details)
    return connection
