"""A person says what becomes of a job that is late: out now, at a new time, or not at all.

Promise: nothing of it was sent before, so that it goes out under the keys that it always had, with fresh attempts and
a window of its own. Who decided stands in the audit log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.audited import audit
from app.actions.jobs.reschedule import compose_anew
from app.actions.jobs.transition import transition
from app.domain.jobs.errors import JobNotLate
from app.domain.jobs.faults import DROPPED
from app.domain.jobs.late import asked_late
from app.domain.jobs.model import Job
from app.domain.jobs.queries import job as read_job
from app.domain.jobs.states import JobEvent


class LateChoice(StrEnum):
    """What becomes of a job that is late."""

    PUBLISH_NOW = "publish_now"
    """It goes out at once."""
    RESCHEDULE = "reschedule"
    """It goes out at the time given."""
    DROP = "drop"
    """It fails, and is offered no more; retryJob still takes it up."""


@dataclass(frozen=True, slots=True)
class SettleLate:
    """Which job, which choice; the times are used by the two that publish."""

    job_id: UUID
    choice: LateChoice
    due_at: datetime
    publish_by: datetime


async def settle_late(session: AsyncSession, command: SettleLate) -> Job:
    """Settle a job that waits for a person because it is late.

    Raises:
        NotFound: no such job in this tenant.
        JobNotLate: it does not wait for that; nothing was changed.
    """
    event, values = _what(command)
    details = {} if command.choice is LateChoice.DROP else {"dueAt": command.due_at.isoformat()}
    job = await transition(session, command.job_id, event, where=(asked_late(),), values=values, details=details)
    if job is None:
        raise JobNotLate(await read_job(session, command.job_id))
    if event is JobEvent.TAKE_UP:
        await compose_anew(session, job)
    await audit(session, "job.settle_late", job, {"choice": command.choice, **details})
    return job


def _what(command: SettleLate) -> tuple[JobEvent, dict[str, Any]]:
    if command.choice is LateChoice.DROP:
        return JobEvent.GIVE_UP, {"wake_at": None, "lease_until": None, "step": None, "fault": DROPPED}
    due = command.due_at
    times = {"due_at": due, "ready_at": due, "wake_at": due, "publish_by": command.publish_by}
    return JobEvent.TAKE_UP, {**times, "owed_at": None, "quiet_until": None, "attempts": 0, "fault": None}
