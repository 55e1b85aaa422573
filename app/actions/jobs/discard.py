"""Take a failed job off the list of dead letters: a person has seen it and lets it go.

Promise: the job stays failed, with its fault and its whole life; nothing is deleted. `retryJob` or `replayJobs` takes
it up again, should that have been a mistake.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.audited import audit
from app.actions.jobs.transition import now
from app.domain.jobs.errors import JobNotDiscardable
from app.domain.jobs.model import Job
from app.domain.jobs.queries import job as read_job
from app.domain.jobs.states import JobState
from app.services import events
from app.services.db import tenant_of


async def discard(session: AsyncSession, job_id: UUID, reason: str = "") -> Job:
    """Let a dead letter go.

    Raises:
        NotFound: no such job in this tenant.
        JobNotDiscardable: it has not failed, or is off the list already; nothing was changed.
    """
    listed = (Job.state == JobState.FAILED, Job.discarded_at.is_(None))
    query = (
        update(Job)
        .where(Job.tenant_id == tenant_of(session), Job.id == job_id, *listed)
        .values(discarded_at=now(), updated_at=now(), revision=Job.revision + 1)
        .returning(Job)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    job = await session.scalar(query)
    if job is None:
        raise JobNotDiscardable(await read_job(session, job_id))
    await audit(session, "job.discard", job, {"reason": reason})
    changes = {"state": job.state, "postId": str(job.post_id)}
    events.record(session, events.Event("job.discarded", "job", job.id, changes))
    return job
