"""Write down that the irreversible request is about to leave.

Promise: when it returns `True`, the intent is durable after the commit: a crash from here on leaves the outcome
unknown and is never followed by a blind resend. This commit is also where cancel and publish meet: a cancel that
came before it wins, and the job becomes cancelled; a cancel that comes after it is told that it is too late.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, exists, or_, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.checkpoint import LeaseLost
from app.actions.jobs.settle import end_attempt, pass_baton
from app.actions.jobs.transition import now, soon, transition
from app.domain.connections.model import Connection
from app.domain.connections.states import USABLE, ConnectionState
from app.domain.jobs.faults import LATE, MISSED_WINDOW
from app.domain.jobs.late import look, may_go_out, too_late
from app.domain.jobs.model import Job, JobPart
from app.domain.jobs.states import JobEvent, JobStep, ParkReason
from app.kernel.late_policy import LatePolicy
from app.services.db import tenant_of


@dataclass(frozen=True, slots=True)
class Intend:
    """Which part of which job, under which fence."""

    job_id: UUID
    fence: int
    lease: timedelta
    part: int


async def intend(session: AsyncSession, command: Intend) -> bool:
    """Write the intent, or stop.

    Returns:
        True when the request may leave; False when the job was cancelled instead, as the user asked, parked
        because its connection was switched off, or ended as too late because its window passed while it was
        prepared. A thread that has begun is not broken off by the end of its window.

    Raises:
        LeaseLost: the lease is over; nothing was written.
    """
    tenant = tenant_of(session)
    held = (Job.fence == command.fence, Job.lease_until > now())
    usable = exists().where(
        Connection.tenant_id == tenant, Connection.id == Job.connection_id, Connection.state.in_(USABLE)
    )
    job = await transition(
        session,
        command.job_id,
        JobEvent.INTEND,
        where=(*held, Job.cancel_requested_at.is_(None), usable, or_(Job.part > 0, may_go_out())),
        values={"step": JobStep.SENDING, "lease_until": soon(command.lease), "wake_at": soon(command.lease)},
        details={"part": command.part},
    )
    if job is not None:
        part = (JobPart.tenant_id == tenant, JobPart.job_id == job.id, JobPart.position == command.part)
        await session.execute(update(JobPart).where(*part).values(intended_at=now()))
        return True
    if not await _stop(session, command, held, usable):
        raise LeaseLost(
            "The job was taken over before anything was sent.",
            hint="Nothing to do: it is looked at again when its lease ends.",
        )
    return False


async def _stop(
    session: AsyncSession, command: Intend, held: tuple[ColumnElement[bool], ...], usable: ColumnElement[bool]
) -> bool:
    """Cancel the job as the user asked, fail it where it is too late, or park it where its connection is off."""
    paused = exists().where(
        Connection.tenant_id == tenant_of(session),
        Connection.id == Job.connection_id,
        Connection.state == ConnectionState.PAUSED,
    )
    left: dict[str, Any] = {"step": None, "lease_until": None}
    parked = {
        "attempts": Job.attempts - 1,
        "park_reason": case((paused, ParkReason.PAUSED), else_=ParkReason.CONNECTION),
        "wake_at": look(),
    }
    first = Job.part == 0
    missed = {"wake_at": None, "fault": MISSED_WINDOW, "overdue_at": now()}
    ends: tuple[tuple[JobEvent, ColumnElement[bool], dict[str, Any]], ...] = (
        (JobEvent.ABORT, Job.cancel_requested_at.is_not(None), {"wake_at": None}),
        (JobEvent.FAIL, first & too_late(LatePolicy.FAIL), missed),
        (JobEvent.ASK_LATE, first & too_late(LatePolicy.ASK), {"wake_at": None, "fault": LATE}),
        (JobEvent.PARK, ~usable, parked),
    )
    for event, guard, values in ends:
        told = {"fault": values["fault"]["kind"]} if "fault" in values else {}
        ended = {**left, **values}
        job = await transition(session, command.job_id, event, where=(*held, guard), values=ended, details=told)
        if job is not None:
            await end_attempt(session, job, command.fence, event)
            await pass_baton(session, job)
            return True
    return False
