"""What verbs about many jobs answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self, TypeAlias

import strawberry

from app.domain.jobs.errors import SelectionChanged as Changed
from app.flows.bulk.answer import Answer, Reason, Refused, Taken
from schema.errors import IdempotencyKeyReused, InvalidInput, NotFound, PlannedTimeInvalid, UserError
from schema.jobs.job import Job
from schema.scalars import Cursor
from schema.words import offer

offer(Reason, "Why a verb about many jobs leaves one as it is.", name="BulkRefusalReason")


@strawberry.type(description="A job that was changed, or would be.")
class BulkChange:
    """A change."""

    job: Job = strawberry.field(description="The job as it is now.")
    at: datetime | None = strawberry.field(description="When it goes out at the earliest; null where that stays.")

    @classmethod
    def of(cls, taken: Taken) -> BulkChange:
        """A verdict."""
        return cls(job=Job.of(taken.job), at=taken.at)


@strawberry.type(description="A job that is left as it is, with the reason.")
class BulkRefusal:
    """A refusal about one of many."""

    job: Job = strawberry.field(description="The job as it is.")
    reason: Reason = strawberry.field(description="Why, for programs.")
    message: str = strawberry.field(description="Why, for people.")
    hint: str = strawberry.field(description="What to do next.")

    @classmethod
    def of(cls, refused: Refused) -> BulkRefusal:
        """A verdict."""
        return cls(job=Job.of(refused.job), reason=refused.reason, message=refused.message, hint=refused.hint)


@strawberry.interface(description="One page of what a verb about many jobs did, or would do.")
class BulkResult:
    """A page."""

    matched: int = strawberry.field(description="How many jobs there are from here on, this page included.")
    changed: list[BulkChange] = strawberry.field(description="Those that were changed, or would be.")
    refused: list[BulkRefusal] = strawberry.field(description="Those that are left as they are.")
    left: int = strawberry.field(description="How many follow this page; nothing was done with them yet.")
    cursor: Cursor | None = strawberry.field(description="Where they begin: ask again with `after`; null at the end.")
    dry_run: bool = strawberry.field(description="Whether nothing was changed.")
    replayed: bool = strawberry.field(description="Whether an earlier call with the same idempotency key did it.")

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """A page's answer."""
        return cls(
            matched=answer.matched,
            changed=[BulkChange.of(one) for one in answer.taken],
            refused=[BulkRefusal.of(one) for one in answer.refused],
            left=answer.left,
            cursor=None if answer.cursor is None else Cursor(answer.cursor),
            dry_run=answer.dry_run,
            replayed=answer.repeated,
        )


@strawberry.type(description="Failed jobs were taken up again: each goes out once it is ready.")
class JobsReplayed(BulkResult):
    """Replayed."""


@strawberry.type(description="Failed jobs were taken up again, all at the same time.")
class JobsRetried(BulkResult):
    """Retried."""


@strawberry.type(description="Jobs were moved: nothing of them goes out before the new time.")
class JobsRescheduled(BulkResult):
    """Moved."""


@strawberry.type(description="Jobs were cancelled; those with `cancelRequestedAt` stop before they are sent.")
class JobsCancelled(BulkResult):
    """Cancelled."""


@strawberry.type(description="Failed jobs were taken off the list of dead letters; they stay failed.")
class JobsDiscarded(BulkResult):
    """Discarded."""


@strawberry.type(description="Another number of jobs matches than you have seen.")
class SelectionChanged(UserError):
    """Look again."""

    matched: int = strawberry.field(description="How many match now.")

    @classmethod
    def of(cls, error: Changed) -> Self:  # type: ignore[override]  # the handler gives this kind only
        """With the count."""
        return cls(
            message=error.message, code=error.code, path=list(error.path), hint=error.hint, matched=error.matched
        )


ReplayJobsResult: TypeAlias = Annotated[
    JobsReplayed | SelectionChanged | PlannedTimeInvalid | IdempotencyKeyReused | InvalidInput | NotFound,
    strawberry.union("ReplayJobsResult", description="What was taken up and what was not, or why nothing was."),
]
RetryJobsResult: TypeAlias = Annotated[
    JobsRetried | SelectionChanged | PlannedTimeInvalid | IdempotencyKeyReused | InvalidInput | NotFound,
    strawberry.union("RetryJobsResult", description="What was taken up and what was not, or why nothing was."),
]
RescheduleJobsResult: TypeAlias = Annotated[
    JobsRescheduled | SelectionChanged | PlannedTimeInvalid | IdempotencyKeyReused | InvalidInput | NotFound,
    strawberry.union("RescheduleJobsResult", description="What was moved and what was not, or why nothing was."),
]
CancelJobsResult: TypeAlias = Annotated[
    JobsCancelled | SelectionChanged | IdempotencyKeyReused | InvalidInput | NotFound,
    strawberry.union("CancelJobsResult", description="What was cancelled and what was not, or why nothing was."),
]
DiscardJobsResult: TypeAlias = Annotated[
    JobsDiscarded | SelectionChanged | IdempotencyKeyReused | InvalidInput | NotFound,
    strawberry.union("DiscardJobsResult", description="What was discarded and what was not, or why nothing was."),
]
