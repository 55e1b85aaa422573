"""Take a failed job up again, because a person asks for it.

Promise: the job goes out at the time given, with fresh attempts, and is no dead letter any more. Parts that are out
already are not sent again. The same key on the platform is used: where the platform knows keys, a post that is there
after all is not doubled.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.audited import audit
from app.actions.jobs.reschedule import compose_anew
from app.actions.jobs.transition import transition
from app.domain.jobs.errors import JobNotRetryable
from app.domain.jobs.model import Job
from app.domain.jobs.queries import job as read_job
from app.domain.jobs.states import JobEvent


@dataclass(frozen=True, slots=True)
class Retry:
    """Which job, for which planned time, and until when."""

    job_id: UUID
    due_at: datetime
    publish_by: datetime
    ready_at: datetime | None = None
    """Not before this; by default at the planned time. It spreads many, and leaves the plan as it is."""


async def retry(session: AsyncSession, command: Retry) -> Job:
    """Schedule a failed job again.

    Raises:
        NotFound: no such job in this tenant.
        JobNotRetryable: it has not failed, or its post goes to that account by another job; nothing was changed.
    """
    ready_at = command.ready_at or command.due_at
    values = {
        "due_at": command.due_at,
        "ready_at": ready_at,
        "wake_at": ready_at,
        "publish_by": command.publish_by,
        "owed_at": None,
        "quiet_until": None,
        "overdue_at": None,
        "attempts": 0,
        "crashes": 0,
        "fault": None,
        "epoch": Job.epoch + 1,
        "cancel_requested_at": None,
        "unknown_since": None,
        "processing_since": None,
    }
    try:
        async with session.begin_nested():
            job = await transition(session, command.job_id, JobEvent.REPLAY, values=values)
    except IntegrityError as error:
        if "uq_jobs_live_target" not in str(error.orig):
            raise
        job = None
    if job is None:
        raise JobNotRetryable(await read_job(session, command.job_id))
    await compose_anew(session, job)
    await audit(session, "job.retry", job, {"dueAt": command.due_at.isoformat()})
    return job
