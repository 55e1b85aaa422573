"""What a job refuses. Each refusal carries the job, so that the client sees it as it is."""

from __future__ import annotations

from typing import ClassVar

from app.domain.jobs.faults import LATE
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobState
from app.kernel.errors import DomainError


class JobRefusal(DomainError):
    """A refusal about one job."""

    code: ClassVar[str] = "JOB_REFUSED"

    def __init__(self, job: Job, message: str, *, hint: str, path: tuple[str, ...] = ("input", "jobId")) -> None:
        super().__init__(message, hint=hint, path=path)
        self.job = job


class JobNotCancellable(JobRefusal):
    """It was sent, or is final."""

    code: ClassVar[str] = "JOB_NOT_CANCELLABLE"

    def __init__(self, job: Job) -> None:
        if job.state is JobState.PUBLISHED:
            message, hint = "The post is already out.", "Delete it on the platform with deletePublishedPost."
        elif job.state is JobState.CANCELLED:
            message, hint = "The job is cancelled already.", "Nothing to do."
        elif job.state is JobState.FAILED:
            message, hint = "The job has failed; it will not go out.", "Nothing to do."
        elif job.state is JobState.NEEDS_REVIEW:
            if (job.fault or {}).get("kind") == LATE["kind"]:
                message, hint = "The post is late and waits for you.", "Drop it with settleLateJob."
            else:
                message, hint = "Nobody knows yet whether the post is out.", "Settle it with resolveJob."
        else:
            message = "It is too late: the post is on its way to the platform."
            hint = "Wait for the outcome, then delete it with deletePublishedPost."
        super().__init__(job, message, hint=hint)


class JobNotReschedulable(JobRefusal):
    """It does not wait (any more)."""

    code: ClassVar[str] = "JOB_NOT_RESCHEDULABLE"

    def __init__(self, job: Job) -> None:
        super().__init__(
            job,
            f"A job that is {job.state.replace('_', ' ')} has no time to move.",
            hint="Only jobs that wait can be moved; retry a failed one with retryJob.",
        )


class JobNotRetryable(JobRefusal):
    """It has not failed."""

    code: ClassVar[str] = "JOB_NOT_RETRYABLE"

    def __init__(self, job: Job) -> None:
        super().__init__(
            job,
            f"A job that is {job.state.replace('_', ' ')} is not retried.",
            hint="Only failed jobs are retried; settle one that needs review with resolveJob.",
        )


class JobNotInReview(JobRefusal):
    """Nobody has to settle it."""

    code: ClassVar[str] = "JOB_NOT_IN_REVIEW"

    def __init__(self, job: Job) -> None:
        late = job.state is JobState.NEEDS_REVIEW
        super().__init__(
            job,
            "The outcome is known: nothing was sent, because it was too late."
            if late
            else f"A job that is {job.state.replace('_', ' ')} has nothing to be settled.",
            hint="Settle it with settleLateJob." if late else "Only jobs in NEEDS_REVIEW are settled by a person.",
        )


class JobNotLate(JobRefusal):
    """It does not wait because it is late."""

    code: ClassVar[str] = "JOB_NOT_LATE"

    def __init__(self, job: Job) -> None:
        unknown = job.state is JobState.NEEDS_REVIEW
        super().__init__(
            job,
            "Nobody knows yet whether the post is out."
            if unknown
            else f"A job that is {job.state.replace('_', ' ')} does not wait to be settled as late.",
            hint="Settle it with resolveJob."
            if unknown
            else "Only jobs in NEEDS_REVIEW with the reason LATE are; move one that waits with rescheduleJob.",
        )


class JobNotPublished(JobRefusal):
    """It is not on the platform, so there is nothing to change there."""

    code: ClassVar[str] = "JOB_NOT_PUBLISHED"

    def __init__(self, job: Job) -> None:
        super().__init__(
            job,
            "The post is not on the platform.",
            hint="Change it with updatePost while it waits, or wait until it is published.",
        )


class JobNotEditable(JobRefusal):
    """It has several parts on the platform; each is a post of its own there."""

    code: ClassVar[str] = "JOB_NOT_EDITABLE"

    def __init__(self, job: Job) -> None:
        super().__init__(
            job,
            "A thread that is out cannot be changed as a whole.",
            hint="Delete it with deletePublishedPost and schedule it again.",
            path=("input", "content"),
        )


class JobNotDiscardable(JobRefusal):
    """It is no dead letter."""

    code: ClassVar[str] = "JOB_NOT_DISCARDABLE"

    def __init__(self, job: Job) -> None:
        if job.state is JobState.FAILED:
            message, hint = "The job is off the list already.", "Nothing to do; replayJobs or retryJob takes it up."
        else:
            message = f"A job that is {job.state.replace('_', ' ')} is not on the list of dead letters."
            hint = "Only failed jobs are discarded; cancel one that waits with cancelJobs."
        super().__init__(job, message, hint=hint)


class SelectionChanged(DomainError):
    """Another number of jobs matches than the caller has seen; nothing was changed."""

    code: ClassVar[str] = "SELECTION_CHANGED"

    def __init__(self, expected: int, matched: int) -> None:
        super().__init__(
            f"You expected {expected} jobs, and {matched} match now.",
            hint="Look at them again with dryRun, then give the count that you see.",
            path=("input", "expectedCount"),
        )
        self.matched = matched


class RevisionConflict(JobRefusal):
    """Somebody changed it meanwhile."""

    code: ClassVar[str] = "REVISION_CONFLICT"

    def __init__(self, job: Job) -> None:
        super().__init__(
            job,
            f"The job was changed meanwhile; it has revision {job.revision} now.",
            hint="Read it again and repeat your change with the new revision.",
            path=("input", "revision"),
        )
