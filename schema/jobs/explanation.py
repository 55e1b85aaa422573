"""A job's life in sentences: what was asked, what happened, what comes next. Pure; from the row alone."""

from __future__ import annotations

from datetime import datetime

from app.domain.jobs.late import ReviewReason, review_reason
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobState, ParkReason
from app.kernel.late_policy import LatePolicy

_WAITS_FOR = {
    ParkReason.CONNECTION: "the account to be reconnected",
    ParkReason.PAUSED: "the account to be switched on again",
    ParkReason.BREAKER: "the platform, which is in trouble or paused",
    ParkReason.QUOTA: "room in the platform's allowance",
}
_WINDOW = {
    LatePolicy.FAIL: "must go out by",
    LatePolicy.PUBLISH: "goes out even after",
    LatePolicy.ASK: "is asked about when it is not out by",
}
_REVIEW = {
    ReviewReason.OUTCOME: "Nobody could find out whether it is there: a person has to look.",
    ReviewReason.LATE: "A person says whether it goes out now, at a new time, or not at all.",
}


def explain(job: Job) -> list[str]:
    """What to tell a person about a job."""
    told = [f"It was planned for {_moment(job.due_at)} and {_WINDOW[job.late_policy]} {_moment(job.publish_by)}."]
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
            return _scheduled(job)
        case JobState.PARKED:
            reason = _WAITS_FOR[job.park_reason] if job.park_reason else "a condition"
            still = "" if job.late_policy is LatePolicy.PUBLISH else " if its window is still open"
            return f"It waits for {reason}, and goes out then{still}."
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
            return _REVIEW[review_reason(job) or ReviewReason.OUTCOME]
        case JobState.PUBLISHED:
            where = f" It is at {job.url}." if job.url else ""
            return f"It went out at {_moment(job.published_at)}.{where}"
        case JobState.FAILED:
            return "It will not go out unless somebody retries it."
        case JobState.CANCELLED:
            return "It was cancelled before it was sent."


def _scheduled(job: Job) -> str:
    if job.quiet_until is not None and job.quiet_until == job.ready_at:
        return f"It is due, and waits for the end of quiet hours at {_moment(job.quiet_until)}."
    return "It waits for its time."


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _moment(at: datetime | None) -> str:
    return "an unknown time" if at is None else at.strftime("%Y-%m-%d %H:%M:%S UTC")
