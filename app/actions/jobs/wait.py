"""Let a job wait for its platform: for room in an allowance, or until a breaker lets calls through.

Promise: a job that waits uses no attempt and is looked at again: when it may go out, when its window ends, whichever
comes first. Looking again in vain moves one column and says nothing to anybody.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import case, func, literal, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.transition import now, soon, transition
from app.domain.jobs.late import look, may_go_out
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobEvent, JobState, ParkReason
from app.services import gates
from app.services.db import tenant_of

WAITING_HERE = (JobState.SCHEDULED, JobState.RETRYING)
ASK_AGAIN = timedelta(minutes=1)
"""How often a job that was sent asks whether its platform may be called again, where nobody knows when."""


async def wait_for(session: AsyncSession, job_id: UUID, reason: ParkReason, until: datetime | None) -> Job | None:
    """Park a job that waits for its time until a moment, or to the end of its window; None where it does not wait."""
    return await transition(
        session,
        job_id,
        JobEvent.PARK,
        where=(Job.state.in_(WAITING_HERE), Job.ready_at <= now()),
        values={"park_reason": reason, "wake_at": look(None if until is None else literal(until))},
        details={"reason": reason, **({} if until is None else {"until": until.isoformat()})},
    )


async def wait_on(session: AsyncSession, job_id: UUID, until: datetime | None) -> None:
    """Look at a job again at a moment, or when its window ends; its state does not change.

    One that a worker holds a lease on is left alone: it is being looked at.
    """
    again = None if until is None else literal(until)
    # What was sent is looked for also after its window.
    moment = case((Job.state == JobState.PARKED, look(again)), else_=soon(ASK_AGAIN) if again is None else again)
    query = (
        update(Job)
        .where(
            Job.tenant_id == tenant_of(session), Job.id == job_id, Job.wake_at.is_not(None), Job.lease_until.is_(None)
        )
        .values(wake_at=moment)
        .returning(Job.wake_at)
        .execution_options(synchronize_session=False)
    )
    moved_to = await session.scalar(query)
    if moved_to is not None:
        gates.lower(session, moved_to)


async def end_wait(session: AsyncSession, job_id: UUID, reason: ParkReason) -> Job | None:
    """Let a job go out that waited for its platform; None where it does not, or its window has passed."""
    ready = func.greatest(Job.due_at, now())
    return await transition(
        session,
        job_id,
        JobEvent.RELEASE,
        where=(may_go_out(), Job.park_reason == reason),
        values={"park_reason": None, "ready_at": ready, "wake_at": ready, "owed_at": ready},
    )
