"""Reads of connections: each function gives rows of the session's tenant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.connections.model import Connection, ConnectionCheck
from app.domain.connections.states import ConnectionState
from app.kernel.errors import NotFound
from app.services.db import tenant_of
from app.services.ways import Way, pinned


@dataclass(frozen=True, slots=True)
class ConnectionFilter:
    """Which connections; a condition that is not stated does not narrow."""

    platforms: tuple[str, ...] | None = None
    states: tuple[ConnectionState, ...] | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The conditions as SQL."""
        found: list[ColumnElement[bool]] = []
        if self.platforms is not None:
            found.append(Connection.platform.in_(self.platforms))
        if self.states is not None:
            found.append(Connection.state.in_(self.states))
        return found


def connections(session: AsyncSession, wanted: ConnectionFilter) -> Select[Connection]:
    """The statement that lists connections, without an order."""
    return every(session).where(*wanted.conditions())


def every(session: AsyncSession) -> Select[Connection]:
    """The statement that lists all connections, without an order."""
    return select(Connection).where(Connection.tenant_id == tenant_of(session))


def ways(session: AsyncSession, wanted: ConnectionFilter) -> list[Way[Select[Connection]]]:
    """The same connections as of `connections`, with a way for each value of one condition; see `first_of_any`."""
    lead: Any
    values: Sequence[object]
    if wanted.platforms is not None:
        rest, lead, values = replace(wanted, platforms=None), Connection.platform, wanted.platforms
    elif wanted.states is not None:
        rest, lead, values = replace(wanted, states=None), Connection.state, wanted.states
    else:
        return [Way(connections(session, wanted))]
    found = connections(session, rest)
    return [Way(found.where(pinned(lead, value)), lead) for value in dict.fromkeys(values)]


async def count(session: AsyncSession, wanted: ConnectionFilter) -> int:
    """How many connections there are."""
    query = select(func.count()).select_from(connections(session, wanted).subquery())
    return int(await session.scalar(query) or 0)


async def connection(session: AsyncSession, connection_id: UUID, *, lock: bool = False) -> Connection:
    """One connection.

    Raises:
        NotFound: no such connection in this tenant.
    """
    query = select(Connection).where(Connection.tenant_id == tenant_of(session), Connection.id == connection_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = await session.scalar(query)
    if row is None:
        raise NotFound("connection")
    return row


async def by_ids(session: AsyncSession, keys: Sequence[UUID]) -> Sequence[Connection]:
    """Connections by id, in no order."""
    mine = (Connection.tenant_id == tenant_of(session), Connection.id.in_(keys))
    return (await session.scalars(select(Connection).where(*mine))).all()


async def listened_elsewhere(session: AsyncSession, connection: Connection) -> set[str]:
    """Those of its subscriptions that other connections, of any workspace, stand behind. For the system role."""
    others = (Connection.id != connection.id, Connection.state != ConnectionState.REVOKED)
    shared = cast(Connection.listening_to, ARRAY(String)).overlap(cast(connection.listening_to, ARRAY(String)))
    rows = await session.scalars(select(Connection.listening_to).where(*others, shared))
    return {name for row in rows for name in row}


def checks(session: AsyncSession, connection_id: UUID) -> Select[ConnectionCheck]:
    """The statement that lists a connection's health log, without an order."""
    return select(ConnectionCheck).where(
        ConnectionCheck.tenant_id == tenant_of(session), ConnectionCheck.connection_id == connection_id
    )
