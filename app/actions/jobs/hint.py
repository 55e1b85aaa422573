"""Look at once for the jobs of a connection whose outcome is unknown: the platform says that a post has appeared.

Promise: nothing about a job's outcome is written here; it is reconcile that looks, and that believes an absence only
after the settle delay. A job that somebody is asking about is left alone.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import or_, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.transition import now
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobState
from app.services import gates
from app.services.db import tenant_of


async def look_now(session: AsyncSession, connection_id: UUID) -> int:
    """Wake the connection's unknown jobs; gives how many there were to wake."""
    query = (
        update(Job)
        .where(
            Job.tenant_id == tenant_of(session),
            Job.connection_id == connection_id,
            Job.state == JobState.UNKNOWN,
            or_(Job.lease_until.is_(None), Job.lease_until < now()),
            Job.wake_at > now(),
        )
        .values(wake_at=now())
        .returning(Job.wake_at)
        .execution_options(synchronize_session=False)
    )
    moments = [moment for moment in await session.scalars(query) if moment is not None]
    if moments:
        gates.lower(session, min(moments))
    return len(moments)
