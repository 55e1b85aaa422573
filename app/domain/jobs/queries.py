"""Reads of jobs: each function gives rows of the session's tenant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.jobs.filter import JobFilter
from app.domain.jobs.model import Job, JobAttempt, JobPart
from app.domain.jobs.states import WAITING, JobEvent, JobState
from app.domain.jobs.verdict import NEEDS_USER
from app.kernel.errors import NotFound
from app.services.db import tenant_of
from app.services.ways import Way, pinned


def jobs(session: AsyncSession, wanted: JobFilter) -> Select[Job]:
    """The statement that lists jobs, without an order."""
    return every(session).where(*wanted.conditions())


def every(session: AsyncSession) -> Select[Job]:
    """The statement that lists all jobs, without an order."""
    return select(Job).where(Job.tenant_id == tenant_of(session))


def ways(session: AsyncSession, wanted: JobFilter) -> list[Way[Select[Job]]]:
    """The same jobs as of `jobs`, with a way for each of the values that one may choose from; see `first_of_any`.

    Only one condition is split, or their product could be thousands of ways. Posts have few jobs: they need none.
    """
    lead: Any
    values: Sequence[object]
    states = wanted.in_states()
    if wanted.posts is not None:
        return [Way(jobs(session, wanted))]
    if wanted.fault_kinds is not None:
        rest, lead, values = replace(wanted, fault_kinds=None), Job.fault_kind, wanted.fault_kinds
    elif wanted.fault_codes is not None:
        rest, lead, values = replace(wanted, fault_codes=None), Job.fault_code, wanted.fault_codes
    elif wanted.connections is not None:
        rest, lead, values = replace(wanted, connections=None), Job.connection_id, wanted.connections
    elif wanted.platforms is not None and (states is None or len(wanted.platforms) != 1 or wanted.about_failures):
        rest, lead, values = replace(wanted, platforms=None), Job.platform, wanted.platforms
    elif states is not None and not wanted.about_failures:
        return [_in_state(session, wanted, state) for state in states]
    else:
        return [Way(jobs(session, wanted))]
    found = jobs(session, rest)
    return [Way(found.where(pinned(lead, value)), lead) for value in dict.fromkeys(values)]


def _in_state(session: AsyncSession, wanted: JobFilter, state: JobState) -> Way[Select[Job]]:
    rest = replace(wanted, states=None, needs_attention=None, final=None)
    if state is JobState.FAILED and wanted.needs_attention:  # dead letters have an index of their own
        return Way(jobs(session, replace(rest, discarded=False)))
    return Way(jobs(session, rest).where(pinned(Job.state, state)), Job.state)


async def count(session: AsyncSession, wanted: JobFilter) -> int:
    """How many jobs there are."""
    query = select(func.count()).select_from(jobs(session, wanted).subquery())
    return int(await session.scalar(query) or 0)


async def job(session: AsyncSession, job_id: UUID) -> Job:
    """One job.

    Raises:
        NotFound: no such job in this tenant.
    """
    row = await session.scalar(select(Job).where(Job.tenant_id == tenant_of(session), Job.id == job_id))
    if row is None:
        raise NotFound("job")
    return row


async def by_ids(session: AsyncSession, keys: Sequence[UUID]) -> Sequence[Job]:
    """Jobs by id, in no order."""
    return (await session.scalars(select(Job).where(Job.tenant_id == tenant_of(session), Job.id.in_(keys)))).all()


async def of_posts(session: AsyncSession, keys: Sequence[UUID], *, lock: bool = False) -> Sequence[Job]:
    """The jobs of posts, oldest first."""
    query = select(Job).where(Job.tenant_id == tenant_of(session), Job.post_id.in_(keys)).order_by(Job.id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(query)).all()


async def contents_of(session: AsyncSession, post_id: UUID) -> Sequence[dict[str, Any]]:
    """The contents of a post's jobs, as each goes out or went out."""
    query = select(Job.content).where(Job.tenant_id == tenant_of(session), Job.post_id == post_id)
    return (await session.scalars(query)).all()


async def parts_of(session: AsyncSession, keys: Sequence[UUID]) -> Sequence[JobPart]:
    """The parts of jobs in order."""
    mine = (JobPart.tenant_id == tenant_of(session), JobPart.job_id.in_(keys))
    return (await session.scalars(select(JobPart).where(*mine).order_by(JobPart.job_id, JobPart.position))).all()


async def is_anothers(session: AsyncSession, mine: Job, platform_ref: str) -> bool:
    """Whether this post on the platform is known as a part of another job of the same connection."""
    theirs = (
        select(JobPart.id)
        .join(Job, (Job.tenant_id == JobPart.tenant_id) & (Job.id == JobPart.job_id))
        .where(
            Job.tenant_id == tenant_of(session),
            Job.connection_id == mine.connection_id,
            Job.id != mine.id,
            JobPart.platform_ref == platform_ref,
        )
    )
    return bool(await session.scalar(select(theirs.exists())))


async def attempts_of(session: AsyncSession, keys: Sequence[UUID]) -> Sequence[JobAttempt]:
    """The timelines of jobs in order."""
    mine = (JobAttempt.tenant_id == tenant_of(session), JobAttempt.job_id.in_(keys))
    query = select(JobAttempt).where(*mine).order_by(JobAttempt.job_id, JobAttempt.fence)
    return (await session.scalars(query)).all()


async def held_up(session: AsyncSession, connection_id: UUID) -> int:
    """How many jobs cannot go out because of their connection: parked ones, and those whose time has come."""
    mine = (Job.tenant_id == tenant_of(session), Job.connection_id == connection_id)
    due = Job.state.in_(WAITING) & (Job.ready_at <= func.statement_timestamp())
    query = select(func.count()).select_from(Job).where(*mine, or_(Job.state == JobState.PARKED, due))
    return int(await session.scalar(query) or 0)


async def was_refused_access(session: AsyncSession, job_id: UUID) -> bool:
    """Whether an earlier try at this job was put off because the platform refused the access."""
    refused = (
        JobAttempt.tenant_id == tenant_of(session),
        JobAttempt.job_id == job_id,
        JobAttempt.outcome == JobEvent.BACK_OFF,
        JobAttempt.fault["kind"].astext.in_([kind.value for kind in NEEDS_USER]),
    )
    return bool(await session.scalar(select(select(JobAttempt.id).where(*refused).exists())))
