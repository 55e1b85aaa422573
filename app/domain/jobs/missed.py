"""Jobs that missed their window and were never sent: what may be offered to the user again.

"Never sent" is proved by the rows, twice: no part has a place on the platform, and every try at the job ended before
its request or with the platform's own refusal. A job of which any try was left without an answer, was taken by the
platform, or went through a person's hands is not among them, however likely it is that nothing came of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.domain.jobs.faults import MISSED_WINDOW
from app.domain.jobs.model import Job, JobAttempt, JobPart
from app.domain.jobs.states import JobEvent, JobState
from app.services.db import tenant_of

HARMLESS = (JobEvent.BACK_OFF, JobEvent.PARK, JobEvent.RESCUE)
"""Ends of a try that prove that nothing was published: refused by the platform, or never sent."""


def missed() -> ColumnElement[bool]:
    """A job that failed because its window passed, and that nobody took off the list."""
    late = Job.fault["kind"].astext == MISSED_WINDOW["kind"]
    return and_(Job.state == JobState.FAILED, late, Job.discarded_at.is_(None))


def never_sent() -> ColumnElement[bool]:
    """A job of which nothing can be on the platform."""
    placed = select(JobPart.id).where(
        JobPart.tenant_id == Job.tenant_id, JobPart.job_id == Job.id, JobPart.platform_ref.is_not(None)
    )
    doubtful = select(JobAttempt.id).where(
        JobAttempt.tenant_id == Job.tenant_id,
        JobAttempt.job_id == Job.id,
        or_(JobAttempt.outcome.is_(None), JobAttempt.outcome.not_in(HARMLESS)),
    )
    return (Job.part == 0) & ~placed.exists() & ~doubtful.exists()


def alone() -> ColumnElement[bool]:
    """A job whose post does not go to that account by another job already."""
    other = aliased(Job)
    twin = select(other.id).where(
        other.tenant_id == Job.tenant_id,
        other.post_id == Job.post_id,
        other.connection_id == Job.connection_id,
        other.state.not_in((JobState.CANCELLED, JobState.FAILED)),
    )
    return ~twin.exists()


async def with_a_twin(session: AsyncSession, keys: Sequence[UUID]) -> Sequence[UUID]:
    """Those of these jobs whose post goes to that account by another job already."""
    query = select(Job.id).where(Job.tenant_id == tenant_of(session), Job.id.in_(keys), ~alone())
    return (await session.scalars(query)).all()


async def missed_of(session: AsyncSession, connection_id: UUID) -> int:
    """How many missed jobs of a connection could be released."""
    mine = (Job.tenant_id == tenant_of(session), Job.connection_id == connection_id)
    query = select(func.count()).select_from(Job).where(*mine, missed(), never_sent(), alone())
    return int(await session.scalar(query) or 0)


async def releasable(
    session: AsyncSession, *, connection_id: UUID | None, job_ids: Sequence[UUID] | None, limit: int
) -> Sequence[Job]:
    """The missed jobs of a connection, or those among these, that may be released: oldest first, locked."""
    which = Job.connection_id == connection_id if job_ids is None else Job.id.in_(job_ids)
    query = (
        select(Job)
        .where(Job.tenant_id == tenant_of(session), which, missed(), never_sent(), alone())
        .order_by(Job.id)
        .limit(limit)
        .with_for_update(of=Job)
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(query)).all()
