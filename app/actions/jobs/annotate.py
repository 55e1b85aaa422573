"""Write down what was done to a published post on its platform: an event and a line of the audit log."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.audited import audit
from app.actions.jobs.transition import now
from app.domain.jobs.model import Job
from app.domain.jobs.queries import job as read_job
from app.services import events
from app.services.db import tenant_of


async def annotate(session: AsyncSession, job_id: UUID, event: str, *, verb: str) -> Job:
    """Record the act; the job's state does not change.

    Raises:
        NotFound: no such job in this tenant.
    """
    mine = (Job.tenant_id == tenant_of(session), Job.id == job_id)
    values = {"updated_at": now(), "revision": Job.revision + 1}
    await session.execute(update(Job).where(*mine).values(values).execution_options(synchronize_session=False))
    job = await read_job(session, job_id)
    await session.refresh(job)
    await audit(session, verb, job, {"platform": job.platform, "ref": job.platform_ref})
    events.record(session, events.Event(event, "job", job.id, {"state": job.state, "postId": str(job.post_id)}))
    return job
