"""Park waiting jobs, release them, and fail the ones whose window has passed.

Promise: a parked job uses no attempt, shows the reason, and is never forgotten: when its window ends it fails with
`missed_window` instead of going out hours late.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.transition import now, transition
from app.domain.jobs.faults import MISSED_WINDOW
from app.domain.jobs.model import Job
from app.domain.jobs.states import MACHINE, JobEvent, ParkReason
from app.services.db import tenant_of


async def park(session: AsyncSession, job_id: UUID, reason: ParkReason) -> Job | None:
    """Park one waiting job; None when it does not wait (any more)."""
    waiting = [state for state in MACHINE.sources(JobEvent.PARK) if state != "publishing"]
    return await transition(
        session,
        job_id,
        JobEvent.PARK,
        where=(Job.state.in_(waiting),),
        values={"park_reason": reason, "wake_at": Job.publish_by},
        details={"reason": reason},
    )


async def park_connection(session: AsyncSession, connection_id: UUID, reason: ParkReason) -> Sequence[Job]:
    """Park every due job of a connection; those of later days are parked when their time comes."""
    due = await _jobs(session, connection_id, JobEvent.PARK, Job.ready_at <= now())
    return [job for job_id in due if (job := await park(session, job_id, reason)) is not None]


async def release_connection(session: AsyncSession, connection_id: UUID) -> Sequence[Job]:
    """Let a connection's parked jobs go out, those still inside their window."""
    released = []
    for job_id in await _jobs(session, connection_id, JobEvent.RELEASE, Job.publish_by > now()):
        ready = func.greatest(Job.due_at, now())
        values = {"park_reason": None, "ready_at": ready, "wake_at": ready}
        job = await transition(session, job_id, JobEvent.RELEASE, where=(Job.publish_by > now(),), values=values)
        if job is not None:
            released.append(job)
    return released


async def miss(session: AsyncSession, job_id: UUID) -> Job | None:
    """Fail a waiting job whose window has passed; None while it is open."""
    values = {"park_reason": None, "wake_at": None, "fault": MISSED_WINDOW}
    details = {"fault": MISSED_WINDOW["kind"]}
    return await transition(
        session, job_id, JobEvent.MISS, where=(Job.publish_by <= now(),), values=values, details=details
    )


async def _jobs(session: AsyncSession, connection_id: UUID, event: JobEvent, *where: object) -> Sequence[UUID]:
    query = select(Job.id).where(
        Job.tenant_id == tenant_of(session),
        Job.connection_id == connection_id,
        Job.state.in_([state for state in MACHINE.sources(event) if state != "publishing"]),
        *where,  # type: ignore[arg-type]  # SQLAlchemy's column expressions have no common static type
    )
    return (await session.scalars(query.order_by(Job.id))).all()
