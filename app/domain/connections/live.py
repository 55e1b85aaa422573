"""What a live feed of connections reads: all that match, and those of a set that match."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.connections.model import Connection
from app.domain.connections.queries import ConnectionFilter, connections
from app.domain.connections.states import ConnectionState


async def not_revoked(session: AsyncSession, wanted: ConnectionFilter, limit: int) -> Sequence[Connection]:
    """Connections that match and are not ended, oldest first."""
    query = connections(session, wanted).where(Connection.state != ConnectionState.REVOKED)
    return (await session.scalars(query.order_by(Connection.created_at, Connection.id).limit(limit))).all()


async def matching(session: AsyncSession, wanted: ConnectionFilter, keys: Sequence[UUID]) -> Sequence[Connection]:
    """Those of these connections that match."""
    return (await session.scalars(connections(session, wanted).where(Connection.id.in_(keys)))).all()
