"""Hold a due job back until quiet hours are over, and let go of what is held when they are changed.

Promise: a job that is held is not claimed before their end, shows it, and is looked at earlier where its window ends
before: then its late policy decides. A thread that has begun is not broken off.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, literal, update
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.transition import now, transition
from app.domain.jobs.late import look
from app.domain.jobs.model import Job
from app.domain.jobs.states import MACHINE, JobEvent
from app.services import gates
from app.services.db import tenant_of


async def hold(session: AsyncSession, job_id: UUID, until: datetime) -> Job | None:
    """Hold one job that is due until then; None where it is not due, or has moved on."""
    end = literal(until, TIMESTAMP(timezone=True))
    return await transition(
        session,
        job_id,
        JobEvent.HOLD,
        where=(Job.ready_at <= now(), Job.part == 0, end > now()),
        values={"ready_at": until, "wake_at": look(end), "quiet_until": until, "owed_at": until},
        details={"until": until.isoformat()},
    )


async def look_at_held(session: AsyncSession, connection_id: UUID | None) -> int:
    """Look at once at what is held back, of one connection or of all; gives how many jobs there were."""
    due = func.greatest(Job.due_at, now())
    query = (
        update(Job)
        .where(
            Job.tenant_id == tenant_of(session),
            *(() if connection_id is None else (Job.connection_id == connection_id,)),
            Job.state.in_(MACHINE.sources(JobEvent.HOLD)),
            Job.quiet_until > now(),
        )
        .values(ready_at=due, wake_at=due, quiet_until=None)
        .returning(Job.wake_at)
        .execution_options(synchronize_session=False)
    )
    moments = [moment for moment in await session.scalars(query) if moment is not None]
    if moments:
        gates.lower(session, min(moments))
    return len(moments)
