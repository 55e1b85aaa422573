"""Figures of connections, from the rows themselves: by state, by the end of their access, by failed renewals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.connections.model import Connection, ConnectionCheck
from app.domain.connections.states import ConnectionState

DAY, WEEK = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Census:
    """The connections of a workspace, or of the whole installation."""

    by_state: Mapping[ConnectionState, int]
    expiring_day: int
    """Whose access ends within a day unless it is renewed; those whose end has passed are among them."""
    expiring_week: int
    failed_refreshes: int
    """Renewals of tokens that failed within the last day."""


async def census(session: AsyncSession, tenant: UUID | None) -> Census:
    """Of one workspace, or (in a system session) of all."""
    states = select(Connection.state, func.count()).group_by(Connection.state)
    now = func.statement_timestamp()
    live = (Connection.token_expires_at.is_not(None), Connection.state != ConnectionState.REVOKED)
    soon = func.count().filter(Connection.token_expires_at < now + DAY)
    ends = select(soon, func.count()).where(*live, Connection.token_expires_at < now + WEEK)
    failed = (ConnectionCheck.what == literal_column("'refresh'"), ~ConnectionCheck.ok, ConnectionCheck.at > now - DAY)
    refreshes = select(func.count()).select_from(ConnectionCheck).where(*failed)

    if tenant is not None:
        states = states.where(Connection.tenant_id == tenant)
        ends = ends.where(Connection.tenant_id == tenant)
        refreshes = refreshes.where(ConnectionCheck.tenant_id == tenant)
    found = {row[0]: row[1] for row in (await session.execute(states)).all()}
    day, week = (await session.execute(ends)).one()
    by_state = {state: found.get(state, 0) for state in ConnectionState}
    return Census(by_state, day, week, await session.scalar(refreshes) or 0)
