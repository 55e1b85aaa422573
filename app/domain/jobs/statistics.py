"""Figures of jobs, from the rows themselves: how many in which state, and how late they went out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, null, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.domain.jobs.filter import FAILED
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobState, ParkReason
from app.services.db import tenant_of

DUE = (JobState.SCHEDULED, JobState.RETRYING)
"""States in which a job that is due waits for a worker."""


@dataclass(frozen=True, slots=True)
class Span:
    """Which jobs are counted: planned within an instant (included) and another (not)."""

    start: datetime
    end: datetime
    platforms: tuple[str, ...] | None = None
    connections: tuple[UUID, ...] | None = None

    def conditions(self, tenant: UUID) -> list[ColumnElement[bool]]:
        """The conditions as SQL."""
        found = [Job.tenant_id == tenant, Job.due_at >= self.start, Job.due_at < self.end]
        if self.platforms is not None:
            found.append(Job.platform.in_(self.platforms))
        if self.connections is not None:
            found.append(Job.connection_id.in_(self.connections))
        return found


@dataclass(frozen=True, slots=True)
class Count:
    """How many jobs of one platform and state were planned in one period."""

    at: datetime
    platform: str
    state: JobState
    count: int


@dataclass(frozen=True, slots=True)
class Lag:
    """Seconds from the planned time to the publish; `platform` is None for all platforms together."""

    platform: str | None
    count: int
    p50: float
    p95: float
    p99: float


async def counts(session: AsyncSession, span: Span, granularity: str, zone: str) -> Sequence[Count]:
    """Jobs by period, platform and state. `granularity` is PostgreSQL's word: hour, day, week or month."""
    at = func.date_trunc(granularity, Job.due_at, zone).label("at")
    query = (
        select(at, Job.platform, Job.state, func.count().label("jobs"))
        .where(*span.conditions(tenant_of(session)))
        .group_by(at, Job.platform, Job.state)
        .order_by(at, Job.platform, Job.state)
    )
    return [Count(row.at, row.platform, row.state, row.jobs) for row in (await session.execute(query)).all()]


async def lags(session: AsyncSession, span: Span) -> Sequence[Lag]:
    """How late published jobs went out, for each platform and for all together."""
    late = func.greatest(func.extract("epoch", Job.published_at - Job.due_at), 0)
    shares = [func.percentile_cont(share).within_group(late.asc()) for share in (0.5, 0.95, 0.99)]
    mine = (*span.conditions(tenant_of(session)), Job.published_at.is_not(None))
    each = select(Job.platform, func.count(), *shares).where(*mine).group_by(Job.platform).order_by(Job.platform)
    whole = select(null(), func.count(), *shares).where(*mine)
    rows = [*(await session.execute(each)).all(), *(await session.execute(whole)).all()]
    return [Lag(platform, count, *(round(float(one), 6) for one in late)) for platform, count, *late in rows if count]


async def by_state(session: AsyncSession, tenant: UUID | None) -> dict[JobState, int]:
    """How many jobs are in which state; None counts the whole installation, in a system session."""
    query = select(Job.state, func.count().label("jobs")).group_by(Job.state)
    if tenant is not None:
        query = query.where(Job.tenant_id == tenant)
    return {row.state: row.jobs for row in (await session.execute(query)).all()}


async def dead_letters(session: AsyncSession, tenant: UUID | None) -> int:
    """How many failed jobs nobody has discarded; None counts the whole installation, in a system session."""
    query = select(func.count()).select_from(Job).where(Job.state == FAILED, Job.discarded_at.is_(None))
    if tenant is not None:
        query = query.where(Job.tenant_id == tenant)
    return int(await session.scalar(query) or 0)


async def waiting_since(session: AsyncSession, *, offered_for: timedelta) -> datetime | None:
    """Since when the job that could go out and was not claimed has waited longest, in a system session.

    One that waits for its turn behind another of its connection, on which a worker is at work, could not.
    """
    now, running = func.statement_timestamp(), aliased(Job)
    turn = select(running.id).where(
        running.tenant_id == Job.tenant_id,
        running.connection_id == Job.connection_id,
        running.state == JobState.PUBLISHING,
        running.lease_until > now,
    )
    could = (Job.state.in_(DUE), Job.ready_at <= now, Job.wake_at <= now + offered_for, ~turn.exists())
    found: datetime | None = await session.scalar(select(func.min(Job.ready_at)).where(*could))
    return found


async def parked(session: AsyncSession) -> dict[str, dict[ParkReason, int]]:
    """How many jobs of the tenant wait on each platform, by what they wait for."""
    query = (
        select(Job.platform, Job.park_reason, func.count().label("jobs"))
        .where(Job.tenant_id == tenant_of(session), Job.state == JobState.PARKED)
        .group_by(Job.platform, Job.park_reason)
    )
    found: dict[str, dict[ParkReason, int]] = {}
    for row in (await session.execute(query)).all():
        found.setdefault(row.platform, {})[row.park_reason] = row.jobs
    return found


async def oldest_due(session: AsyncSession, tenant: UUID | None, *, offered_for: timedelta) -> datetime | None:
    """The planned time of the job that has been due longest and still waits for a worker.

    A job that was offered is not taken yet: `offered_for` is how far an offer moves its `wake_at` on.
    """
    now = func.statement_timestamp()  # `wake_at` only serves as the index
    query = select(func.min(Job.due_at)).where(
        Job.state.in_(DUE), Job.ready_at <= now, Job.wake_at <= now + offered_for
    )
    if tenant is not None:
        query = query.where(Job.tenant_id == tenant)
    found: datetime | None = await session.scalar(query)
    return found
