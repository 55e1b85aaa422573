"""Posts: what the user wrote, for one or more connections."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.domain.posts.model import Post as Row
from app.domain.posts.planned_time import TimeNotice
from app.domain.posts.states import PostState
from app.kernel.late_policy import LatePolicy
from schema.analytics.metrics import Metrics, metrics_of
from schema.node import Node, encode
from schema.posts.content import Content
from schema.scalars import LocalDateTime, TimeZone
from schema.traversal import derived, many
from schema.words import offer

if TYPE_CHECKING:
    from schema.jobs.job import Job


class PostAction(StrEnum):
    """What can be done with a post as it is."""

    UPDATE = "update"
    """Change its content or labels: updatePost."""
    RESCHEDULE = "reschedule"
    """Move it: reschedulePost."""
    PUBLISH_NOW = "publish_now"
    """Let it go out at once: publishPostNow."""
    CANCEL = "cancel"
    """Cancel what was not sent: cancelPost."""


offer(PostAction, "What can be done with a post as it is.")

OPEN = (PostState.SCHEDULED, PostState.PUBLISHING, PostState.NEEDS_ATTENTION)
"""States in which some of a post's jobs may still wait."""


@strawberry.type(description="When a post is meant to go out.")
class PlannedTime:
    """A planned time."""

    at: datetime = strawberry.field(description="The instant.")
    local: LocalDateTime | None = strawberry.field(
        description="The wall-clock time that the user chose; null when an instant was chosen."
    )
    zone: TimeZone | None = strawberry.field(description="The zone of `local`.")
    notice: TimeNotice | None = strawberry.field(
        description="Set when the local time did not exist or existed twice, because clocks change that day."
    )

    @classmethod
    def of(cls, at: datetime, local: str | None, zone: str | None, notice: str | None) -> PlannedTime:
        """As a post's row has it."""
        return cls(
            at=at,
            local=local,  # type: ignore[arg-type]  # kept as the text that the scalar writes
            zone=TimeZone(zone) if zone else None,
            notice=TimeNotice(notice) if notice else None,
        )


@strawberry.type(description="One post for one or more connections.")
class Post(Node):
    """A post."""

    row: strawberry.Private[Row]
    labels: list[str] = strawberry.field(description="The user's own words to find it by.")
    publish_at: PlannedTime = strawberry.field(description="When it is meant to go out.")
    publish_by: datetime = strawberry.field(
        description="When a job that has not gone out is too late; `latePolicy` says what follows."
    )
    late_policy: LatePolicy = strawberry.field(description="What happens when the window has passed.")
    state: PostState = strawberry.field(description="What a planner shows: it follows from the jobs.")
    jobs: list[Annotated[Job, strawberry.lazy("schema.jobs.job")]] = many(
        "jobs_of_posts", of="id", into="schema.jobs.job:Job", description="One job for each connection."
    )
    revision: int = strawberry.field(description="Counts changes: give it with a change to refuse a lost update.")
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")

    @derived("What the user wrote, before the overrides of single targets.")
    def content(self) -> Content:
        """The shared content."""
        return Content.of(self.row.content)

    @derived("What became of it out there, on all platforms together; null until one has been looked at.")
    async def metrics(self) -> Metrics | None:
        """The newest figures, over its jobs."""
        return await metrics_of("figures_of_posts", self.row.id)

    @derived("What can be done with it as it is.")
    def allowed_actions(self) -> list[PostAction]:
        """From its state."""
        return list(PostAction) if self.state in OPEN else []

    @classmethod
    def of(cls, row: Row) -> Post:
        """A post's row."""
        return cls(
            row=row,
            id=encode("Post", row.id),
            labels=list(row.labels),
            publish_at=PlannedTime.of(row.due_at, row.local_time, row.zone, row.time_notice),
            publish_by=row.publish_by,
            late_policy=row.late_policy,
            state=row.state,
            revision=row.revision,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
