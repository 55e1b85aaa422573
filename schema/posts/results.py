"""What mutations about posts answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, TypeAlias
from zoneinfo import ZoneInfo

import strawberry

from app.domain.posts.errors import TargetProblem
from app.domain.posts.planned_time import TimeNotice
from app.flows.publishing.plans import PostCancelled as Outcome
from app.flows.publishing.quiet import Wait
from schema.errors import (
    ConnectionNotUsable,
    IdempotencyKeyReused,
    InvalidContent,
    InvalidInput,
    NotFound,
    PlannedTimeInvalid,
    PostNotEditable,
    Problem,
    RevisionConflict,
)
from schema.jobs.job import Job
from schema.posts.post import PlannedTime, Post
from schema.scalars import LocalDateTime

CLOCKS = {
    TimeNotice.MISSING: "This local time does not exist on that day, because clocks go forward: it goes out later.",
    TimeNotice.AMBIGUOUS: "This local time exists twice on that day, because clocks go back: the first one is taken.",
}


@strawberry.type(description="Something worth knowing that stops nothing.")
class Notice:
    """A notice."""

    message: str = strawberry.field(description="What to know.")
    problem: Problem | None = strawberry.field(description="The warning of a platform behind it, if any.")
    clock: TimeNotice | None = strawberry.field(
        default=None, description="What was unusual about the local time that was asked for, if anything."
    )
    asked: LocalDateTime | None = strawberry.field(
        default=None, description="The local time that was asked for, where it did not exist or existed twice."
    )
    at: datetime | None = strawberry.field(
        default=None, description="What it became: the instant taken for that time, or the end of quiet hours."
    )


def notices(time: PlannedTime, warnings: Sequence[TargetProblem], waits: Sequence[Wait] = ()) -> list[Notice]:
    """What is worth knowing about a post that was accepted."""
    found = [Notice(message=one.problem.message, problem=Problem.of(one)) for one in warnings]
    quiet = [Notice(message=_quiet(wait), problem=None, at=wait.until) for wait in waits]
    clock = time.notice
    if clock is None:
        return [*quiet, *found]
    return [Notice(message=CLOCKS[clock], problem=None, asked=time.local, at=time.at, clock=clock), *quiet, *found]


def _quiet(wait: Wait) -> str:
    end = wait.until.astimezone(ZoneInfo(wait.zone))
    where = "one of its targets" if len(wait.connections) == 1 else f"{len(wait.connections)} of its targets"
    then = " That is after its window: the late policy decides." if wait.past_window else ""
    return f"Quiet hours: on {where} it waits until {end:%Y-%m-%d %H:%M} ({wait.zone}).{then}"


@strawberry.type(description="The post is scheduled: it goes out once, at its time, or its jobs say why not.")
class PostScheduled:
    """Scheduled."""

    post: Post = strawberry.field(description="The post.")
    replayed: bool = strawberry.field(description="Whether it was there already, by its idempotency key.")
    notices: list[Notice] = strawberry.field(description="What is worth knowing.")


@strawberry.type(description="The post would be accepted as it is.")
class PostValid:
    """Valid."""

    publish_at: PlannedTime = strawberry.field(description="When it would go out.")
    notices: list[Notice] = strawberry.field(description="What is worth knowing.")


@strawberry.type(description="The post was changed, and with it every job that waits.")
class PostUpdated:
    """Updated."""

    post: Post = strawberry.field(description="The post as it is now.")
    notices: list[Notice] = strawberry.field(description="What is worth knowing.")


@strawberry.type(description="The post was moved, and with it every job that waits.")
class PostRescheduled:
    """Moved."""

    post: Post = strawberry.field(description="The post as it is now.")
    notices: list[Notice] = strawberry.field(description="What is worth knowing.")


@strawberry.type(description="What came of each job: the truth, one by one.")
class PostCancelled:
    """Cancelled, as far as it was not too late."""

    post: Post = strawberry.field(description="The post as it is now.")
    cancelled: list[Job] = strawberry.field(description="Nothing of these was sent, and nothing will be.")
    requested: list[Job] = strawberry.field(description="These are being prepared; they stop before they are sent.")
    too_late: list[Job] = strawberry.field(description="These were sent, had ended, or need review.")

    @classmethod
    def of(cls, outcome: Outcome) -> PostCancelled:
        """The flow's answer."""
        return cls(
            post=Post.of(outcome.post),
            cancelled=[Job.of(job) for job in outcome.cancelled],
            requested=[Job.of(job) for job in outcome.requested],
            too_late=[Job.of(job) for job in outcome.too_late],
        )


SchedulePostResult: TypeAlias = Annotated[
    PostScheduled
    | InvalidContent
    | ConnectionNotUsable
    | PlannedTimeInvalid
    | IdempotencyKeyReused
    | InvalidInput
    | NotFound,
    strawberry.union("SchedulePostResult", description="The post, or why it was not scheduled."),
]
ValidatePostResult: TypeAlias = Annotated[
    PostValid | InvalidContent | ConnectionNotUsable | PlannedTimeInvalid | InvalidInput | NotFound,
    strawberry.union("ValidatePostResult", description="Whether the post would be accepted, or why not."),
]
UpdatePostResult: TypeAlias = Annotated[
    PostUpdated | InvalidContent | ConnectionNotUsable | PostNotEditable | RevisionConflict | InvalidInput | NotFound,
    strawberry.union("UpdatePostResult", description="The changed post, or why it was not changed."),
]
ReschedulePostResult: TypeAlias = Annotated[
    PostRescheduled | PostNotEditable | PlannedTimeInvalid | RevisionConflict | InvalidInput | NotFound,
    strawberry.union("ReschedulePostResult", description="The moved post, or why it was not moved."),
]
PublishPostNowResult: TypeAlias = Annotated[
    PostRescheduled | PostNotEditable | NotFound,
    strawberry.union("PublishPostNowResult", description="The post that goes out now, or why it does not."),
]
CancelPostResult: TypeAlias = Annotated[
    PostCancelled | NotFound,
    strawberry.union("CancelPostResult", description="What came of each job, or why nothing did."),
]
