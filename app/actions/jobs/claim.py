"""Claim a due job for one worker.

Promise: when a claim is given, no other worker holds one of this job or of this connection, and every later write
must name its fence. Nothing is claimed before its time, on a connection that cannot be used, or after its window.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.reserve import reserve
from app.actions.jobs.transition import change, written
from app.domain.connections.states import USABLE
from app.domain.jobs.late import MAY_GO_OUT
from app.domain.jobs.model import Job, JobPart
from app.domain.jobs.states import JobEvent, JobState, JobStep
from app.kernel import ids
from app.services import direct
from app.services.db import tenant_of
from app.services.records import columns, reader
from connectors.quotas import QuotaRule

USABLE_CONNECTION = f"""EXISTS (
    SELECT FROM connections WHERE connections.tenant_id = $1 AND connections.id = jobs.connection_id
    AND connections.state IN ({", ".join(f"'{state}'" for state in USABLE)}))"""

# The state is written out, so that the planner knows the partial index of running jobs again.
TAKE = written(
    JobEvent.CLAIM,
    f"""step = '{JobStep.PREPARED}', fence = fence + 1, attempts = attempts + 1, fault = NULL,
    lease_until = clock_timestamp() + $3::interval, wake_at = clock_timestamp() + $3::interval""",
    f"""ready_at <= clock_timestamp() AND {MAY_GO_OUT} AND {USABLE_CONNECTION} AND NOT EXISTS (
    SELECT FROM jobs AS other WHERE other.tenant_id = $1 AND other.connection_id = jobs.connection_id
    AND other.state = '{JobState.PUBLISHING}')""",
    """begun AS (
        INSERT INTO job_attempts (id, tenant_id, job_id, part, fence, work, worker, started_at, exchanges)
        SELECT $4, tenant_id, id, part, fence, 'publish', $5, clock_timestamp(), '[]' FROM changed)""",
    before="SELECT wake_at AS looked_at FROM jobs WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE",
)
RUNNING = f"""
    SELECT running.id FROM jobs AS running
    JOIN jobs AS mine ON mine.tenant_id = running.tenant_id AND mine.connection_id = running.connection_id
    WHERE running.tenant_id = $1 AND running.state = '{JobState.PUBLISHING}' AND mine.id = $2
"""  # noqa: S608 -- composed of the state table's own words
OPEN_ATTEMPT = """
    INSERT INTO job_attempts (id, tenant_id, job_id, part, fence, work, worker, started_at, exchanges)
    VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp(), '[]')
"""
PARTS = f"""
    SELECT {columns(JobPart)} FROM job_parts WHERE tenant_id = $1 AND job_id = $2 ORDER BY position
"""  # noqa: S608 -- composed of the columns' names

_part = reader(JobPart)


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


class ConnectionBusy(Exception):
    """Another job of the connection was claimed at this very moment; the transaction can only be rolled back."""


async def claim(session: AsyncSession, command: Claim) -> Claimed | None:
    """Take the job, or None when it is not due, not claimable, or its connection is busy.

    Raises:
        QuotaSpent: an allowance has no room for it. Roll back: nothing must be kept of this claim.
    """
    return await _claim(session, command, _take_guarded)


async def claim_at_once(session: AsyncSession, command: Claim) -> Claimed | None:
    """The same without a savepoint, which costs every claim a round trip and few need.

    Raises:
        QuotaSpent: as `claim`.
        ConnectionBusy: roll back, and claim in another transaction.
    """
    return await _claim(session, command, _take)


async def _claim(
    session: AsyncSession, command: Claim, take: Callable[[AsyncSession, Claim], Awaitable[Job | None]]
) -> Claimed | None:
    job = await take(session, command)
    if job is None and await _just_settled(session, command.job_id):
        job = await take(session, command)
    if job is None:
        return None
    if command.quotas:
        await reserve(session, job, command.quotas)
    return Claimed(job, await parts_of(session, job.id))


async def _take(session: AsyncSession, command: Claim) -> Job | None:
    try:
        return await change(session, command.job_id, JobEvent.CLAIM, TAKE, command.lease, ids.new(), command.worker)
    except IntegrityError as error:
        # Two jobs of one connection were claimed at the same moment; the index let one through.
        if "uq_jobs_running_connection" not in str(error.orig):
            raise
        raise ConnectionBusy from error


async def _take_guarded(session: AsyncSession, command: Claim) -> Job | None:
    await direct.rows(session, "SAVEPOINT taking")
    try:
        return await _take(session, command)
    except ConnectionBusy:
        await direct.rows(session, "ROLLBACK TO SAVEPOINT taking")
        return None


async def _just_settled(session: AsyncSession, job_id: UUID) -> bool:
    """Whether the connection was busy and has become free while we asked.

    The job that runs wakes the next one when it settles, but it cannot see one that is being claimed at that very
    moment. So the loser waits for a settlement in flight (its row is locked) and looks again; a job that really
    runs holds no lock, and nothing waits.
    """
    tenant = tenant_of(session)
    if not await direct.rows(session, RUNNING, tenant, job_id):
        return True
    return not await direct.rows(session, f"{RUNNING} FOR SHARE OF running", tenant, job_id)


async def open_attempt(session: AsyncSession, job: Job, *, work: str, worker: str) -> None:
    """Begin a line of the job's timeline; `settle` ends it under the same fence."""
    line = (ids.new(), job.tenant_id, job.id, job.part, job.fence, work, worker)
    await direct.rows(session, OPEN_ATTEMPT, *line)


async def parts_of(session: AsyncSession, job_id: UUID) -> Sequence[JobPart]:
    """The parts of a job in order, as they are now; the session does not watch them."""
    return [_part(row) for row in await direct.rows(session, PARTS, tenant_of(session), job_id)]
