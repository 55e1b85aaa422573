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

from sqlalchemy import ColumnElement, case, exists
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.checkpoint import LeaseLost
from app.actions.jobs.claim import USABLE_CONNECTION
from app.actions.jobs.settle import end_attempt, pass_baton
from app.actions.jobs.transition import change, now, transition, written
from app.domain.connections.model import Connection
from app.domain.connections.states import USABLE, ConnectionState
from app.domain.jobs.faults import LATE, MISSED_WINDOW
from app.domain.jobs.late import MAY_GO_OUT, look, too_late
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobEvent, JobStep, ParkReason
from app.kernel.late_policy import LatePolicy
from app.services.db import tenant_of

# A lease of which little is gone stays as it is: then no column of an index changes, and a dozen indexes are left
# alone.
RENEWED = """CASE WHEN lease_until < clock_timestamp() + 0.7 * $4::interval
    THEN clock_timestamp() + $4::interval ELSE {column} END"""
INTEND = written(
    JobEvent.INTEND,
    f"""step = '{JobStep.SENDING}', lease_until = {RENEWED.format(column="lease_until")},
    wake_at = {RENEWED.format(column="wake_at")}""",
    f"""fence = $3 AND lease_until > clock_timestamp() AND cancel_requested_at IS NULL AND {USABLE_CONNECTION}
    AND (part > 0 OR {MAY_GO_OUT})""",
    """noted AS (
        UPDATE job_parts SET intended_at = clock_timestamp() FROM changed
        WHERE job_parts.tenant_id = $1 AND job_parts.job_id = changed.id AND job_parts.position = $5)""",
)


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
    values, told = (command.fence, command.lease, command.part), {"part": command.part}
    if await change(session, command.job_id, JobEvent.INTEND, INTEND, *values, details=told) is not None:
        return True
    if not await _stop(session, command):
        raise LeaseLost(
            "The job was taken over before anything was sent.",
            hint="Nothing to do: it is looked at again when its lease ends.",
        )
    return False


async def _stop(session: AsyncSession, command: Intend) -> bool:
    """Cancel the job as the user asked, fail it where it is too late, or park it where its connection is off."""
    tenant = tenant_of(session)
    held = (Job.fence == command.fence, Job.lease_until > now())
    usable = exists().where(
        Connection.tenant_id == tenant, Connection.id == Job.connection_id, Connection.state.in_(USABLE)
    )
    paused = exists().where(
        Connection.tenant_id == tenant,
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
