"""A job's life in sentences: what was asked, what happened, what comes next. Pure; from the row alone."""

from __future__ import annotations

from datetime import datetime

from app.domain.jobs.model import Job
from app.domain.jobs.states import JobState, ParkReason

_WAITS_FOR = {
    ParkReason.CONNECTION: "the account to be reconnected",
    ParkReason.PAUSED: "the account to be switched on again",
}


def explain(job: Job) -> list[str]:
    """What to tell a person about a job."""
    told = [f"It was planned for {_moment(job.due_at)} and must go out by {_moment(job.publish_by)}."]
    if job.attempts:
        told.append(f"It was tried {_times(job.attempts)} of at most {job.max_attempts}.")
    if job.parts > 1 and job.state is not JobState.PUBLISHED and job.part:
        told.append(f"{job.part} of its {job.parts} parts are out.")
    if job.fault is not None and job.state is not JobState.PUBLISHED:
        told.append(f"{job.fault['message']} {job.fault['hint']}".strip())
    return [*told, _now(job)]


def _now(job: Job) -> str:
    match job.state:
        case JobState.SCHEDULED:
            return "It waits for its time."
        case JobState.PARKED:
            reason = _WAITS_FOR[job.park_reason] if job.park_reason else "a condition"
            return f"It waits for {reason}, and goes out then if its window is still open."
        case JobState.PUBLISHING:
            asked = " Somebody asked to cancel it." if job.cancel_requested_at else ""
            return f"A worker is publishing it now.{asked}"
        case JobState.PROCESSING:
            return f"The platform is working on it; it is asked again at {_moment(job.wake_at)}."
        case JobState.RETRYING:
            return f"Nothing was published; it is tried again at {_moment(job.ready_at)}."
        case JobState.UNKNOWN:
            return (
                "It was sent and no answer came: the platform is asked whether the post is there before anything else."
            )
        case JobState.NEEDS_REVIEW:
            return "Nobody could find out whether it is there: a person has to look."
        case JobState.PUBLISHED:
            where = f" It is at {job.url}." if job.url else ""
            return f"It went out at {_moment(job.published_at)}.{where}"
        case JobState.FAILED:
            return "It will not go out unless somebody retries it."
        case JobState.CANCELLED:
            return "It was cancelled before it was sent."


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _moment(at: datetime | None) -> str:
    return "an unknown time" if at is None else at.strftime("%Y-%m-%d %H:%M:%S UTC")
