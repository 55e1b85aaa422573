"""Take over a job whose worker has died or was stopped for longer than its lease.

Promise: a job that had not written its intent is tried again (or cancelled, if that was asked for); one that had is
unknown, and reconcile looks. A job that keeps taking its workers down is buried. The fence moves on, so that the old
worker can write nothing should it wake up.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.settle import end_attempt, pass_baton
from app.actions.jobs.transition import now, soon, transition
from app.domain.jobs.faults import WORKER_CRASHED
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobEvent, JobStep


async def rescue(session: AsyncSession, job_id: UUID, *, max_crashes: int, settle_delay: timedelta) -> Job | None:
    """Move an abandoned job on; None when its worker is alive or somebody else was faster."""
    over = (Job.lease_until < now(),)
    taken: dict[str, Any] = {"fence": Job.fence + 1, "crashes": Job.crashes + 1, "lease_until": None}
    unsent = (*over, Job.step != JobStep.SENDING)
    sent = (*over, Job.step == JobStep.SENDING)
    tries: tuple[tuple[JobEvent, tuple[Any, ...], dict[str, Any]], ...] = (
        (JobEvent.ABORT, (*unsent, Job.cancel_requested_at.is_not(None)), {"step": None, "wake_at": None}),
        (JobEvent.RESCUE_SENT, sent, {"wake_at": soon(settle_delay), "unknown_since": now()}),
        (
            JobEvent.BURY,
            (*unsent, Job.crashes + 1 >= max_crashes),
            {"step": None, "wake_at": None, "fault": WORKER_CRASHED},
        ),
        (JobEvent.RESCUE, unsent, {"step": None, "ready_at": now(), "wake_at": now(), "attempts": Job.attempts - 1}),
    )
    for event, guard, values in tries:
        job = await transition(session, job_id, event, where=guard, values={**taken, **values})
        if job is not None:
            await end_attempt(session, job, job.fence - 1, event)
            await pass_baton(session, job)
            return job
    return None
