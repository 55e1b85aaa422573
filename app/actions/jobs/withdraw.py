"""Write down that parts of a thread that failed half-way were removed from the platform.

Promise: the job stays failed. Where it is retried, the removed parts are sent anew, under new keys: the platform must
not take them for the ones that it had.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.jobs.model import Job
from app.domain.jobs.queries import parts_of
from app.domain.jobs.states import JobState
from app.kernel import ids
from app.services.db import tenant_of


async def withdraw(session: AsyncSession, job_id: UUID, *, first: int) -> None:
    """Take back the parts from position `first` on; the job begins there again if somebody retries it."""
    mine = (Job.tenant_id == tenant_of(session), Job.id == job_id)
    failed = select(Job.id).where(*mine, Job.state == JobState.FAILED).with_for_update()
    if await session.scalar(failed) is None:
        return  # somebody has retried it meanwhile: the parts under way are not ours to rewrite
    begin = {"part": first, "epoch": Job.epoch + 1}
    await session.execute(update(Job).where(*mine).values(begin).execution_options(synchronize_session=False))
    for part in await parts_of(session, [job_id]):
        if part.position >= first:
            part.attempt_key, part.checkpoint, part.extra = ids.new(), {}, {}
            part.intended_at = part.platform_ref = part.url = None
    await session.flush()
