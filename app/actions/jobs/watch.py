"""Take a job whose platform must be asked: one that is processing, or one whose outcome is unknown.

Promise: one worker at a time asks about a job; its answer is written under the fence given here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import or_, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.claim import Claimed, open_attempt, parts_of
from app.actions.jobs.transition import now, soon
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobState
from app.services import gates
from app.services.db import tenant_of


@dataclass(frozen=True, slots=True)
class Watch:
    """Who asks about what, for how long."""

    job_id: UUID
    state: JobState
    """PROCESSING to poll, UNKNOWN to reconcile."""
    lease: timedelta
    worker: str


async def watch(session: AsyncSession, command: Watch) -> Claimed | None:
    """Take the job for asking, or None when it has moved on or somebody else is asking."""
    query = (
        update(Job)
        .where(
            Job.tenant_id == tenant_of(session),
            Job.id == command.job_id,
            Job.state == command.state,
            or_(Job.lease_until.is_(None), Job.lease_until < now()),
        )
        .values(fence=Job.fence + 1, lease_until=soon(command.lease), wake_at=soon(command.lease))
        .returning(Job)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    job = await session.scalar(query)
    if job is None:
        return None
    if job.wake_at is not None:
        gates.lower(session, job.wake_at)
    work = "poll" if command.state is JobState.PROCESSING else "reconcile"
    await open_attempt(session, job, work=work, worker=command.worker)
    return Claimed(job, await parts_of(session, job.id))
