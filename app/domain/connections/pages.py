"""Pages of connections, by keyset."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.connections.model import Connection, ConnectionCheck
from app.domain.connections.queries import ConnectionFilter, every, ways
from app.services.db import tenant_of
from app.services.paging import Page, PageRequest, Sort, page
from app.services.ways import keyset_of_any, pinned

OLDEST_FIRST = (Sort(Connection.created_at), Sort(Connection.id))
CHECKS_SHOWN = 20


async def connections_page(session: AsyncSession, wanted: ConnectionFilter, request: PageRequest) -> Page[Connection]:
    """One page of the tenant's connections, oldest first.

    Raises:
        BadCursor: a cursor is not of this list.
    """
    query = keyset_of_any(every(session), ways(session, wanted), OLDEST_FIRST, request)
    return page((await session.scalars(query)).all(), OLDEST_FIRST, request)


async def last_checks(session: AsyncSession, keys: Sequence[UUID]) -> Sequence[ConnectionCheck]:
    """The newest entries of the health logs of connections, newest first, `CHECKS_SHOWN` a connection."""
    tenant = tenant_of(session)
    newest = (
        select(ConnectionCheck.id)
        .where(ConnectionCheck.tenant_id == tenant, pinned(ConnectionCheck.connection_id, Connection.id))
        .order_by(ConnectionCheck.connection_id.desc(), ConnectionCheck.at.desc(), ConnectionCheck.id.desc())
        .limit(CHECKS_SHOWN)
        .correlate(Connection)
        .lateral()
    )
    query = (
        select(ConnectionCheck)
        .select_from(Connection)
        .join(newest, true())
        .join(
            ConnectionCheck, (ConnectionCheck.tenant_id == Connection.tenant_id) & (ConnectionCheck.id == newest.c.id)
        )
        .where(Connection.tenant_id == tenant, Connection.id.in_(keys))
        .order_by(ConnectionCheck.at.desc(), ConnectionCheck.id.desc())
    )
    return (await session.scalars(query)).all()
