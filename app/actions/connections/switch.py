"""Switch a connection off and on, and end it.

Promise: a paused connection sends nothing from the moment of the commit; what waits is parked and goes out after
`resume`, inside its window. A revoked connection has no tokens any more: they are destroyed in the same transaction.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.connections.tokens import destroy
from app.actions.connections.transition import transition
from app.domain.connections.errors import ConnectionStateRefused
from app.domain.connections.model import Connection
from app.domain.connections.queries import connection as read_connection
from app.domain.connections.states import ConnectionEvent


async def pause(session: AsyncSession, connection_id: UUID) -> Connection:
    """Switch a connection off.

    Raises:
        NotFound, ConnectionStateRefused: nothing was changed.
    """
    why = {"code": "paused", "message": "The account was switched off here.", "hint": "Resume it."}
    connection = await transition(session, connection_id, ConnectionEvent.PAUSE, values={"reason": why})
    if connection is None:
        raise ConnectionStateRefused(await read_connection(session, connection_id), "paused")
    return connection


async def resume(session: AsyncSession, connection_id: UUID, *, now: datetime) -> Connection:
    """Switch a paused connection on; the monitor looks at it at once.

    Raises:
        NotFound, ConnectionStateRefused: nothing was changed.
    """
    values = {"reason": None, "next_check_at": now}
    connection = await transition(session, connection_id, ConnectionEvent.RESUME, values=values)
    if connection is None:
        raise ConnectionStateRefused(await read_connection(session, connection_id), "resumed")
    return connection


async def revoke(session: AsyncSession, connection_id: UUID, *, message: str, reason: str = "revoked") -> Connection:
    """End a connection and destroy its tokens; `reason` is the word for programs.

    Raises:
        NotFound: no such connection in this tenant.
    """
    why = {"code": reason, "message": message, "hint": "Connect the account again with startConnection."}
    values = {"reason": why, "token_expires_at": None, "refreshes_itself": False}
    event, said = ConnectionEvent.REVOKE, {"reason": reason}
    connection = await transition(session, connection_id, event, values=values, details=said)
    if connection is None:
        return await read_connection(session, connection_id)  # raises NotFound: every state knows REVOKE
    await destroy(session, connection_id)
    return connection
