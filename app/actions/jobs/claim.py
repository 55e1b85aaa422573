"""Claim a due job for one worker.

Promise: when a claim is given, no other worker holds one of this job or of this connection, and every later write
must name its fence. Nothing is claimed before its time, on a connection that cannot be used, or after its window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, exists, literal_column, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.actions.jobs.reserve import reserve
from app.actions.jobs.transition import now, soon, transition
from app.domain.connections.model import Connection
from app.domain.connections.states import USABLE
from app.domain.jobs.late import may_go_out
from app.domain.jobs.model import Job, JobAttempt, JobPart
from app.domain.jobs.states import JobEvent, JobState, JobStep
from app.kernel import ids
from app.services.db import tenant_of
from connectors.quotas import QuotaRule

RUNNING: ColumnElement[str] = literal_column(f"'{JobState.PUBLISHING}'")
"""Written out in the statement, so that the planner knows the partial index of running jobs again."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who claims what, for how long."""

    job_id: UUID
    lease: timedelta
    worker: str
    quotas: Sequence[QuotaRule] = ()
    """The platform's allowances; what the job uses of them is reserved with the claim."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job that is ours until its lease ends."""

    job: Job
    parts: Sequence[JobPart]


async def claim(session: AsyncSession, command: Claim) -> Claimed | None:
    """Take the job, or None when it is not due, not claimable, or its connection is busy.

    Raises:
        QuotaSpent: an allowance has no room for it. Roll back: nothing must be kept of this claim.
    """
    job = await _take(session, command)
    if job is None and await _just_settled(session, command.job_id):
        job = await _take(session, command)
    if job is None:
        return None
    if command.quotas:
        await reserve(session, job, command.quotas)
    await open_attempt(session, job, work="publish", worker=command.worker)
    return Claimed(job, await parts_of(session, job.id))


async def _take(session: AsyncSession, command: Claim) -> Job | None:
    tenant, other = tenant_of(session), aliased(Job)
    busy = exists().where(other.tenant_id == tenant, other.connection_id == Job.connection_id, other.state == RUNNING)
    usable = exists().where(
        Connection.tenant_id == tenant, Connection.id == Job.connection_id, Connection.state.in_(USABLE)
    )
    try:
        async with session.begin_nested():
            return await transition(
                session,
                command.job_id,
                JobEvent.CLAIM,
                where=(Job.ready_at <= now(), may_go_out(), usable, ~busy),
                values={
                    "step": JobStep.PREPARED,
                    "fence": Job.fence + 1,
                    "attempts": Job.attempts + 1,
                    "lease_until": soon(command.lease),
                    "wake_at": soon(command.lease),
                    "fault": None,
                },
            )
    except IntegrityError as error:
        # Two jobs of one connection were claimed at the same moment; the index let one through.
        if "uq_jobs_running_connection" not in str(error.orig):
            raise
        return None


async def _just_settled(session: AsyncSession, job_id: UUID) -> bool:
    """Whether the connection was busy and has become free while we asked.

    The job that runs wakes the next one when it settles, but it cannot see one that is being claimed at that very
    moment. So the loser waits for a settlement in flight (its row is locked) and looks again; a job that really
    runs holds no lock, and nothing waits.
    """
    tenant, mine = tenant_of(session), aliased(Job)
    connection = select(mine.connection_id).where(mine.tenant_id == tenant, mine.id == job_id).scalar_subquery()
    running = (Job.tenant_id == tenant, Job.connection_id == connection, Job.state == RUNNING)
    seen = (await session.scalars(select(Job.id).where(*running))).all()
    if not seen:
        return True
    still = await session.scalars(select(Job.id).where(*running).with_for_update(read=True, key_share=False))
    return not still.all()


async def open_attempt(session: AsyncSession, job: Job, *, work: str, worker: str) -> None:
    """Begin a line of the job's timeline; `settle` ends it under the same fence."""
    started = await session.scalar(select(now()))
    session.add(
        JobAttempt(
            id=ids.new(),
            tenant_id=job.tenant_id,
            job_id=job.id,
            part=job.part,
            fence=job.fence,
            work=work,
            worker=worker,
            started_at=started,
            exchanges=[],
        )
    )
    await session.flush()


async def parts_of(session: AsyncSession, job_id: UUID) -> Sequence[JobPart]:
    """The parts of a job in order."""
    query = select(JobPart).where(JobPart.tenant_id == tenant_of(session), JobPart.job_id == job_id)
    return (await session.scalars(query.order_by(JobPart.position))).all()
