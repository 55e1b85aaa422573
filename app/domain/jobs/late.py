"""The window of a job and what follows it: as SQL for the guards, and in words for people."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_

from app.domain.jobs.faults import LATE
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobState
from app.kernel.late_policy import LatePolicy

LOOK_AGAIN = timedelta(hours=1)
"""How often a job that may go out late is looked at while its account cannot be used; a reconnect wakes it at once."""


class ReviewReason(StrEnum):
    """Why a job waits for a person."""

    OUTCOME = "outcome"
    """Nobody could find out whether it is out: settle it with resolveJob."""
    LATE = "late"
    """Its window has passed and nothing was sent: settle it with settleLateJob."""


def review_reason(job: Job) -> ReviewReason | None:
    """Why the job waits for a person; None while it does not."""
    if job.state is not JobState.NEEDS_REVIEW:
        return None
    return ReviewReason.LATE if (job.fault or {}).get("kind") == LATE["kind"] else ReviewReason.OUTCOME


def lateness(job: Job) -> float:
    """Seconds from when a published job was owed to when its platform had accepted it, as punctuality counts it."""
    accepted = job.processing_since or job.unknown_since or job.published_at
    return 0.0 if accepted is None else max(0.0, (accepted - (job.owed_at or job.due_at)).total_seconds())


def asked_late() -> ColumnElement[bool]:
    """A job that waits for a person because it is late; nothing of its current part was sent."""
    return and_(Job.state == JobState.NEEDS_REVIEW, Job.fault["kind"].astext == LATE["kind"])


def may_go_out() -> ColumnElement[bool]:
    """The window is open, or the job goes out all the same."""
    return or_(Job.publish_by > func.clock_timestamp(), Job.late_policy == LatePolicy.PUBLISH)


MAY_GO_OUT = f"(publish_by > clock_timestamp() OR late_policy = '{LatePolicy.PUBLISH}')"
"""The same for statements that are written out, of the table of jobs alone."""


def too_late(policy: LatePolicy) -> ColumnElement[bool]:
    """The window has passed, and this is what follows."""
    return and_(Job.publish_by <= func.clock_timestamp(), Job.late_policy == policy)


def look(again: ColumnElement[datetime] | None = None) -> ColumnElement[datetime]:
    """When a job that waits is looked at: as its window ends; `again` where that is earlier, or it has ended."""
    now: ColumnElement[datetime] = func.clock_timestamp()
    if again is None:
        return case((Job.publish_by > now, Job.publish_by), else_=now + LOOK_AGAIN)
    return case((Job.publish_by > now, func.least(again, Job.publish_by)), else_=again)


def given_up() -> Any:
    """The moment, where nothing but us was in the way; null where it was parked, or the hours were quiet."""
    now = func.clock_timestamp()
    free = and_(Job.park_reason.is_(None), or_(Job.quiet_until.is_(None), Job.quiet_until <= now))
    return case((free, now), else_=None)
