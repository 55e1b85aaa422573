"""What a live feed of connections reads: all that match, and those of a set that match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.connections.model import Connection
from app.domain.connections.pages import OLDEST_FIRST
from app.domain.connections.queries import ConnectionFilter, connections, every, ways
from app.domain.connections.states import ConnectionState
from app.services.ways import first_of_any


async def not_revoked(session: AsyncSession, wanted: ConnectionFilter, limit: int) -> Sequence[Connection]:
    """Connections that match and are not ended, oldest first."""
    given = ConnectionState if wanted.states is None else wanted.states
    states = tuple(state for state in given if state is not ConnectionState.REVOKED)
    found = ways(session, replace(wanted, states=states))
    return (await session.scalars(first_of_any(every(session), found, OLDEST_FIRST, limit))).all()


async def matching(session: AsyncSession, wanted: ConnectionFilter, keys: Sequence[UUID]) -> Sequence[Connection]:
    """Those of these connections that match."""
    return (await session.scalars(connections(session, wanted).where(Connection.id.in_(keys)))).all()
