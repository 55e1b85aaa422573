"""Take a connection's figures in hand: one run at a time, and the posts that it has to look at.

Promise: of two workers that are woken one gets the run. A run whose worker died ends with its lease; what it wrote
stays, what it did not is still due.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.figures.model import Collection, CollectionRun, PostFigures, Source
from app.domain.figures.schedule import FIRST, LAST
from app.domain.jobs.model import JobPart
from app.services.db import tenant_of
from connectors.contract import PublishedRef

LATE = timedelta(days=30)
"""A post that goes out so long after its planned time is not found: jobs are found by that time, which is indexed."""
OVERLAP = timedelta(minutes=10)
"""How far back the last search is repeated: a post may have been written down after a later one."""
ENROL = text(
    """
    WITH gone_out AS MATERIALIZED (
        SELECT jobs.id, jobs.post_id, jobs.connection_id, jobs.platform, jobs.published_at FROM jobs
        WHERE tenant_id = :tenant AND connection_id = :connection AND state = 'published'
          AND due_at > CAST(:since AS timestamptz) - CAST(:late AS interval)
          AND published_at > CAST(:since AS timestamptz)
    ), enrolled AS (
        INSERT INTO post_figures
            (tenant_id, part_id, job_id, post_id, connection_id, platform, labels, published_at, due_at)
        SELECT :tenant, job_parts.id, gone_out.id, gone_out.post_id, gone_out.connection_id, gone_out.platform,
               posts.labels, gone_out.published_at, gone_out.published_at + CAST(:first AS interval)
        FROM gone_out
        JOIN job_parts ON job_parts.tenant_id = :tenant AND job_parts.job_id = gone_out.id
        JOIN posts ON posts.tenant_id = :tenant AND posts.id = gone_out.post_id
        WHERE job_parts.platform_ref IS NOT NULL
        ON CONFLICT DO NOTHING
    )
    UPDATE figure_collections SET enrolled_until = greatest(
        coalesce(enrolled_until, CAST(:since AS timestamptz)), (SELECT max(published_at) FROM gone_out))
    WHERE tenant_id = :tenant AND connection_id = :connection
    """
)


@dataclass(frozen=True, slots=True)
class Claim:
    """Who wants to look at a connection's figures."""

    connection_id: UUID
    run_id: UUID
    now: datetime
    lease: timedelta


@dataclass(frozen=True, slots=True)
class DuePost:
    """A part of a job that is to be looked at."""

    row: PostFigures
    ref: PublishedRef


async def claim(session: AsyncSession, command: Claim) -> Collection | None:
    """The connection's clock, in hand until the lease ends; None where there is none, or another run holds it."""
    free = or_(Collection.lease_until.is_(None), Collection.lease_until < func.clock_timestamp())
    query = (
        update(Collection)
        .where(Collection.tenant_id == tenant_of(session), Collection.connection_id == command.connection_id, free)
        .values(run_id=command.run_id, lease_until=func.clock_timestamp() + command.lease)
        .returning(Collection)
        .execution_options(synchronize_session=False)
    )
    found: Collection | None = await session.scalar(query)
    if found is not None:
        await _enrol(session, found, command.now)
    return found


async def begin(session: AsyncSession, command: Claim, source: Source) -> CollectionRun:
    """Write down that a run begins."""
    run = CollectionRun(
        id=command.run_id,
        tenant_id=tenant_of(session),
        connection_id=command.connection_id,
        source=source,
        started_at=command.now,
        records=0,
        missing=0,
    )
    session.add(run)
    await session.flush()
    return run


async def due_posts(session: AsyncSession, connection_id: UUID, now: datetime, limit: int) -> Sequence[DuePost]:
    """The posts of a connection that are due, those that are due longest first."""
    mine = (PostFigures.tenant_id == tenant_of(session), PostFigures.connection_id == connection_id)
    part = (JobPart.tenant_id == PostFigures.tenant_id, JobPart.id == PostFigures.part_id)
    query = (
        select(PostFigures, JobPart)
        .join(JobPart, part[0] & part[1])
        .where(*mine, PostFigures.due_at <= now, JobPart.platform_ref.is_not(None))
        .order_by(PostFigures.due_at)
        .limit(limit)
    )
    return [
        DuePost(row, PublishedRef(str(place.platform_ref), place.url, place.extra))
        for row, place in (await session.execute(query)).all()
    ]


async def _enrol(session: AsyncSession, found: Collection, now: datetime) -> None:
    """Watch what has gone out since the last run; at the first one, what went out within the time of watching."""
    given = {
        "tenant": found.tenant_id,
        "connection": found.connection_id,
        "since": max(found.enrolled_until - OVERLAP if found.enrolled_until else now - LAST, now - LAST),
        "late": LATE,
        "first": FIRST[0],
    }
    await session.execute(ENROL, given)
