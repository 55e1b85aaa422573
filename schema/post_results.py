"""What mutations about posts answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeAlias

import strawberry

from app.domain.posts.errors import TargetProblem
from app.domain.posts.planned_time import TimeNotice
from app.flows.publishing.plans import PostCancelled as Outcome
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
from schema.jobs import Job
from schema.posts import PlannedTime, Post

CLOCKS = {
    TimeNotice.MISSING: "This local time does not exist on that day, because clocks go forward: it goes out later.",
    TimeNotice.AMBIGUOUS: "This local time exists twice on that day, because clocks go back: the first one is taken.",
}


@strawberry.type(description="Something worth knowing that stops nothing.")
class Notice:
    """A notice."""

    message: str = strawberry.field(description="What to know.")
    problem: Problem | None = strawberry.field(description="The warning of a platform behind it, if any.")


def notices(time: PlannedTime, warnings: Sequence[TargetProblem]) -> list[Notice]:
    """What is worth knowing about a post that was accepted."""
    found = [Notice(message=one.problem.message, problem=Problem.of(one)) for one in warnings]
    clock = time.notice
    return found if clock is None else [Notice(message=CLOCKS[clock], problem=None), *found]


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
    too_late: list[Job] = strawberry.field(description="These were sent, or had ended.")

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
