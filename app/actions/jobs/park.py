"""Park waiting jobs, release them, and end the ones whose window has passed.

Promise: a parked job uses no attempt, shows the reason, and is never forgotten: when its window ends, its late policy
says whether it fails with `missed_window`, a person is asked, or it goes out all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.transition import now, transition
from app.domain.jobs.faults import LATE, MISSED_WINDOW
from app.domain.jobs.late import given_up, look, may_go_out, too_late
from app.domain.jobs.model import Job
from app.domain.jobs.states import MACHINE, OF_THE_CONNECTION, WAITING, JobEvent, JobState, ParkReason
from app.kernel.late_policy import LatePolicy
from app.services.db import tenant_of


async def park(session: AsyncSession, job_id: UUID, reason: ParkReason) -> Job | None:
    """Park one waiting job; None when it does not wait (any more)."""
    waiting = [state for state in MACHINE.sources(JobEvent.PARK) if state != "publishing"]
    return await transition(
        session,
        job_id,
        JobEvent.PARK,
        where=(Job.state.in_(waiting),),
        values={"park_reason": reason, "wake_at": look()},
        details={"reason": reason},
    )


async def park_connection(session: AsyncSession, connection_id: UUID, reason: ParkReason) -> Sequence[Job]:
    """Park every due job of a connection; those of later days are parked when their time comes."""
    due = await _jobs(session, connection_id, JobEvent.PARK, Job.ready_at <= now())
    return [job for job_id in due if (job := await park(session, job_id, reason)) is not None]


async def release_connection(session: AsyncSession, connection_id: UUID) -> Sequence[Job]:
    """Let a connection's parked jobs go out, those still inside their window."""
    released = []
    mine = (may_go_out(), Job.park_reason.in_(OF_THE_CONNECTION))
    for job_id in await _jobs(session, connection_id, JobEvent.RELEASE, *mine):
        ready = func.greatest(Job.due_at, now())
        values = {"park_reason": None, "ready_at": ready, "wake_at": ready, "owed_at": ready}
        job = await transition(session, job_id, JobEvent.RELEASE, where=mine, values=values)
        if job is not None:
            released.append(job)
    return released


async def miss(session: AsyncSession, job_id: UUID) -> Job | None:
    """Do with a waiting job whose window has passed what its policy says; None where it still may go out."""
    ended: dict[str, Any] = {"park_reason": None, "wake_at": None, "fault": MISSED_WINDOW, "overdue_at": given_up()}
    asked: dict[str, Any] = {"park_reason": None, "wake_at": None, "fault": LATE}
    for event, policy, values in ((JobEvent.MISS, LatePolicy.FAIL, ended), (JobEvent.ASK_LATE, LatePolicy.ASK, asked)):
        told = {"fault": values["fault"]["kind"]}
        waits = (Job.state.in_(WAITING), too_late(policy))
        job = await transition(session, job_id, event, where=waits, values=values, details=told)
        if job is not None:
            return job
    return None


async def stay_parked(session: AsyncSession, job_id: UUID) -> None:
    """Look again later at a parked job that may go out although its window has passed."""
    mine = (Job.tenant_id == tenant_of(session), Job.id == job_id, Job.state == JobState.PARKED)
    query = update(Job).where(*mine, Job.publish_by <= now()).values(wake_at=look())
    await session.execute(query.execution_options(synchronize_session=False))


async def _jobs(session: AsyncSession, connection_id: UUID, event: JobEvent, *where: object) -> Sequence[UUID]:
    query = select(Job.id).where(
        Job.tenant_id == tenant_of(session),
        Job.connection_id == connection_id,
        Job.state.in_([state for state in MACHINE.sources(event) if state != "publishing"]),
        *where,  # type: ignore[arg-type]  # SQLAlchemy's column expressions have no common static type
    )
    return (await session.scalars(query.order_by(Job.id))).all()
