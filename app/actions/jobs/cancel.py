"""Cancel a job, and answer the truth.

Promise: `CANCELLED` means that nothing was sent and never will be. `REQUESTED` means that a worker prepares it and
finishes it as cancelled, because it reads the wish before it writes its intent. Otherwise it is too late, and the
refusal carries the job as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.transition import now, transition
from app.domain.jobs.errors import JobNotCancellable
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobEvent, JobState, JobStep
from app.kernel.errors import NotFound
from app.services import events
from app.services.db import tenant_of


class Cancellation(StrEnum):
    """What came of it."""

    CANCELLED = "cancelled"
    REQUESTED = "requested"


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The answer, with the job as it is now."""

    job: Job
    result: Cancellation


async def cancel(session: AsyncSession, job_id: UUID) -> Cancelled:
    """Cancel a job that has not been sent.

    Raises:
        NotFound: no such job in this tenant.
        JobNotCancellable: it was sent, or is final; nothing was changed.
    """
    unsent = (Job.part == 0,)
    values = {"park_reason": None, "wake_at": None}
    job = await transition(session, job_id, JobEvent.CANCEL, where=unsent, values=values)
    if job is not None:
        return Cancelled(job, Cancellation.CANCELLED)
    mine = (Job.tenant_id == tenant_of(session), Job.id == job_id)
    asked = await session.scalar(
        update(Job)
        .where(
            *mine,
            *unsent,
            Job.state == JobState.PUBLISHING,
            or_(Job.step.is_(None), Job.step != JobStep.SENDING),
        )
        .values(cancel_requested_at=now(), updated_at=now(), revision=Job.revision + 1)
        .returning(Job)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    if asked is not None:
        events.record(session, events.Event("job.cancel_requested", "job", job_id, {"postId": str(asked.post_id)}))
        return Cancelled(asked, Cancellation.REQUESTED)
    known = await session.scalar(select(Job).where(*mine))
    if known is None:
        raise NotFound("job")
    raise JobNotCancellable(known)
