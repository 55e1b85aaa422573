"""Pages of connections, by keyset."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.connections.model import Connection, ConnectionCheck
from app.domain.connections.queries import ConnectionFilter, connections
from app.services.db import tenant_of
from app.services.paging import Page, PageRequest, Sort, keyset, page

OLDEST_FIRST = (Sort(Connection.created_at), Sort(Connection.id))
CHECKS_SHOWN = 20


async def connections_page(session: AsyncSession, wanted: ConnectionFilter, request: PageRequest) -> Page[Connection]:
    """One page of the tenant's connections, oldest first.

    Raises:
        BadCursor: a cursor is not of this list.
    """
    rows = (await session.scalars(keyset(connections(session, wanted), OLDEST_FIRST, request))).all()
    return page(rows, OLDEST_FIRST, request)


async def last_checks(session: AsyncSession, keys: Sequence[UUID]) -> Sequence[ConnectionCheck]:
    """The newest entries of the health logs of connections, newest first, `CHECKS_SHOWN` a connection."""
    mine = (ConnectionCheck.tenant_id == tenant_of(session), ConnectionCheck.connection_id.in_(keys))
    place = (
        func.row_number()
        .over(
            partition_by=ConnectionCheck.connection_id, order_by=(ConnectionCheck.at.desc(), ConnectionCheck.id.desc())
        )
        .label("place")
    )
    newest = select(ConnectionCheck.id, place).where(*mine).subquery()
    query = (
        select(ConnectionCheck)
        .join(newest, newest.c.id == ConnectionCheck.id)
        .where(ConnectionCheck.tenant_id == tenant_of(session), newest.c.place <= CHECKS_SHOWN)
        .order_by(ConnectionCheck.at.desc(), ConnectionCheck.id.desc())
    )
    return (await session.scalars(query)).all()
