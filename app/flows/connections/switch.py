"""Switch a connection on and off with what follows for its jobs, in the caller's one transaction."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.connections import switch
from app.actions.jobs.park import park_connection
from app.domain.connections.model import Connection
from app.domain.jobs.states import ParkReason
from app.flows.connections.waiting import let_out


async def pause(session: AsyncSession, connection_id: UUID) -> Connection:
    """Switch a connection off; its due jobs are parked now, later ones when their time comes.

    Raises:
        NotFound, ConnectionStateRefused: nothing was changed.
    """
    connection = await switch.pause(session, connection_id)
    await park_connection(session, connection_id, ParkReason.PAUSED)
    return connection


async def resume(session: AsyncSession, connection_id: UUID, *, now: datetime) -> Connection:
    """Switch a connection on; its parked jobs go out, those still inside their window.

    Raises:
        NotFound, ConnectionStateRefused: nothing was changed.
    """
    connection = await switch.resume(session, connection_id, now=now)
    await let_out(session, connection)
    return connection
