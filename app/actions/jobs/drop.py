"""Drop a job that missed its window: nobody is offered it again.

Promise: the job stays failed, as it was; its fault says from then on that a person let it go. `retryJob` still takes
it up, should that have been a mistake.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.audited import audit
from app.actions.jobs.transition import now
from app.domain.jobs.faults import DROPPED
from app.domain.jobs.missed import missed
from app.domain.jobs.model import Job
from app.services import events
from app.services.db import tenant_of


async def drop(session: AsyncSession, job_id: UUID) -> Job | None:
    """Let a missed job go; None where it is not (any more) one that missed its window."""
    query = (
        update(Job)
        .where(Job.tenant_id == tenant_of(session), Job.id == job_id, missed())
        .values(fault=DROPPED, updated_at=now(), revision=Job.revision + 1)
        .returning(Job)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    job = await session.scalar(query)
    if job is not None:
        await audit(session, "job.drop", job, {})
        changes = {"state": job.state, "postId": str(job.post_id), "fault": DROPPED["kind"]}
        events.record(session, events.Event("job.dropped", "job", job.id, changes))
    return job
