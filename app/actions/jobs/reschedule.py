"""Move a waiting job to another time.

Promise: after it returns, nothing goes out before the new time. It races with a claim like cancel does: a job that
is under way is not moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.transition import transition
from app.domain.jobs.errors import JobNotReschedulable, RevisionConflict
from app.domain.jobs.model import Job, JobPart
from app.domain.jobs.queries import job as read_job
from app.domain.jobs.states import WAITING, JobEvent


@dataclass(frozen=True, slots=True)
class Reschedule:
    """Which job, to when."""

    job_id: UUID
    due_at: datetime
    publish_by: datetime
    revision: int | None = None
    """Refuse when the job has another revision; None does not ask."""


async def reschedule(session: AsyncSession, command: Reschedule) -> Job:
    """Give a waiting job a new time and fresh attempts.

    Raises:
        NotFound: no such job in this tenant.
        JobNotReschedulable: it does not wait; nothing was changed.
        RevisionConflict: it was changed meanwhile; nothing was changed.
    """
    same = (Job.revision == command.revision,) if command.revision is not None else ()
    job = await transition(
        session,
        command.job_id,
        JobEvent.RESCHEDULE,
        where=(*same, Job.part == 0),
        values={
            "due_at": command.due_at,
            "ready_at": command.due_at,
            "wake_at": command.due_at,
            "publish_by": command.publish_by,
            "owed_at": None,
            "quiet_until": None,
            "park_reason": None,
            "attempts": 0,
            "fault": None,
        },
        details={"dueAt": command.due_at.isoformat()},
    )
    if job is not None:
        await compose_anew(session, job)
        return job
    known = await read_job(session, command.job_id)
    if known.state in WAITING and command.revision is not None and known.revision != command.revision:
        raise RevisionConflict(known)
    raise JobNotReschedulable(known)


async def compose_anew(session: AsyncSession, job: Job) -> None:
    """Let the records of parts that were never sent carry the new time, as readers will see it on the platform."""
    unsent = (JobPart.tenant_id == job.tenant_id, JobPart.job_id == job.id, JobPart.intended_at.is_(None))
    await session.execute(update(JobPart).where(*unsent).values(composed_at=job.due_at))
