"""Jobs: one post on one connection."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.domain.jobs.late import ReviewReason, review_reason
from app.domain.jobs.model import Job as Row
from app.domain.jobs.model import JobPart as PartRow
from app.domain.jobs.review import review
from app.domain.jobs.states import MACHINE, JobEvent, JobState, JobStep, ParkReason
from app.kernel.late_policy import LatePolicy
from schema.analytics.metrics import Metrics, metrics_of
from schema.connections.connection import Connection
from schema.health.readiness import JobReadiness
from schema.jobs.attempts import Attempt, Fault
from schema.jobs.explanation import explain
from schema.jobs.review import JobReview
from schema.node import Node, encode
from schema.platforms import Platform
from schema.posts.content import Content
from schema.scalars import URL
from schema.traversal import LOADERS, derived, many, one
from schema.words import offer

if TYPE_CHECKING:
    from schema.posts.post import Post


class JobAction(StrEnum):
    """What can be done with a job as it is."""

    CANCEL = "cancel"
    """Cancel it: cancelJob. While it is being prepared, this asks the worker to stop."""
    RESCHEDULE = "reschedule"
    """Move it: rescheduleJob."""
    RETRY = "retry"
    """Take it up again: retryJob."""
    RESOLVE = "resolve"
    """Say what became of it: resolveJob."""
    SETTLE_LATE = "settle_late"
    """Say what becomes of it although it is late: settleLateJob."""
    EDIT = "edit"
    """Change the post on the platform: editPublishedPost."""
    DELETE = "delete"
    """Delete the post on the platform: deletePublishedPost."""
    DISCARD = "discard"
    """Take it off the list of dead letters: discardJobs."""


offer(JobAction, "What can be done with a job as it is.")

_EVENTS = {
    JobAction.CANCEL: JobEvent.CANCEL,
    JobAction.RESCHEDULE: JobEvent.RESCHEDULE,
    JobAction.RETRY: JobEvent.REPLAY,
    JobAction.RESOLVE: JobEvent.GIVE_UP,
}
"""Actions that the state table itself knows."""


@strawberry.type(description="A post on a platform.")
class PublishedPost:
    """What came of a job that is out."""

    external_id: str = strawberry.field(description="The platform's own id of the (last part of the) post.")
    url: URL | None = strawberry.field(description="Where it can be seen.")
    at: datetime = strawberry.field(description="When it went out.")
    lag: float = strawberry.field(description="Seconds from the planned time to the publish.")


@strawberry.type(description="One part of a job: the only one, or one of a thread.")
class JobPart:
    """A part."""

    position: int = strawberry.field(description="Which part, counted from 0.")
    published: bool = strawberry.field(description="Whether it is out.")
    external_id: str | None = strawberry.field(description="The platform's own id of it; null until it is out.")
    url: URL | None = strawberry.field(description="Where it can be seen.")

    @classmethod
    def of(cls, row: PartRow) -> JobPart:
        """A part's row."""
        return cls(
            position=row.position,
            published=row.platform_ref is not None,
            external_id=row.platform_ref,
            url=URL(row.url) if row.url else None,
        )


@strawberry.type(description="One post on one connection, with the content as it goes out there.")
class Job(Node):
    """A job."""

    row: strawberry.Private[Row]
    post: Annotated[Post, strawberry.lazy("schema.posts.post")] = one(
        "posts", by="post_id", into="schema.posts.post:Post", description="The post that it is a part of."
    )
    connection: Connection = one(
        "connections", by="connection_id", into="schema.connections.connection:Connection", description="Where it goes."
    )
    platform: Platform = one(
        "platforms", by="platform", into="schema.platforms:Platform", description="The platform that it goes to."
    )
    state: JobState = strawberry.field(description="Where it is.")
    step: JobStep | None = strawberry.field(description="How far the current part is while it is being published.")
    due_at: datetime = strawberry.field(description="The planned instant. It stays; tries do not move it.")
    next_attempt_at: datetime | None = strawberry.field(
        description="When somebody looks at it next; null when nobody has to."
    )
    publish_by: datetime = strawberry.field(description="When it is too late; `latePolicy` says what follows.")
    late_policy: LatePolicy = strawberry.field(description="What follows when it has not gone out by `publishBy`.")
    not_before: datetime = strawberry.field(
        description="Nothing is sent before: the planned instant, the end of quiet hours, or of a pause between tries."
    )
    quiet_until: datetime | None = strawberry.field(
        description="The end of the quiet hours that held it back; null where none did."
    )
    park_reason: ParkReason | None = strawberry.field(description="What a parked job waits for.")
    attempt_count: int = strawberry.field(description="How many tries were used.")
    max_attempts: int = strawberry.field(description="How many tries it has.")
    cancel_requested_at: datetime | None = strawberry.field(
        description="When somebody asked to cancel it while it ran."
    )
    parts: list[JobPart] = many("parts", of="id", into="schema.jobs.job:JobPart", description="Its parts in order.")
    attempts: list[Attempt] = many(
        "attempts", of="id", into="schema.jobs.attempts:Attempt", description="Its tries, oldest first."
    )
    readiness: JobReadiness | None = one(
        "readiness",
        by="id",
        into="schema.health.readiness:JobReadiness",
        description="Whether it will go out, as things stand now; null where it does not wait.",
    )
    revision: int = strawberry.field(description="Counts changes: give it with a change to refuse a lost update.")
    failed_at: datetime | None = strawberry.field(description="When it failed; null unless it has.")
    discarded_at: datetime | None = strawberry.field(
        description="When somebody took it off the list of dead letters; null unless somebody did."
    )
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")

    @derived("The content as it goes out there, with the target's overrides.")
    def content(self) -> Content:
        """The resolved content."""
        return Content.of(self.row.content)

    @derived("The last fault; null where there was none.")
    def fault(self) -> Fault | None:
        """The fault."""
        return Fault.of(self.row.fault)

    @derived("Why it waits for a person; null while it does not.")
    def review_reason(self) -> ReviewReason | None:
        """The reason."""
        return review_reason(self.row)

    @derived("The post on the platform; null until it is out.")
    def published(self) -> PublishedPost | None:
        """What came of it."""
        row = self.row
        if row.platform_ref is None or row.published_at is None:
            return None
        return PublishedPost(
            external_id=row.platform_ref,
            url=URL(row.url) if row.url else None,
            at=row.published_at,
            lag=max(0.0, (row.published_at - row.due_at).total_seconds()),
        )

    @derived("What became of it out there, as the platform told it last; null until it is out and was looked for.")
    async def metrics(self) -> Metrics | None:
        """The newest figures, over the parts of a thread."""
        return await metrics_of("figures_of_jobs", self.row.id)

    @derived("The evidence, and ready answers, where a person has to settle it (NEEDS_REVIEW); else null.")
    async def review(self) -> JobReview | None:
        """What was sent, what was found, what we suggest."""
        if self.row.state is not JobState.NEEDS_REVIEW:
            return None
        load, key = LOADERS.get().load, self.row.id
        account = await load("connections", self.row.connection_id)
        return JobReview.of(review(self.row, await load("parts", key), await load("attempts", key)), account.url)

    @derived("Its life in short, from its row alone; `explainJob` tells the whole of it.")
    def explanation(self) -> list[str]:
        """Sentences."""
        return explain(self.row)

    @derived("What can be done with it as it is.")
    async def allowed_actions(self) -> list[JobAction]:
        """From its state, and from what the platform can do."""
        row = self.row
        found = [action for action, event in _EVENTS.items() if row.state in MACHINE.sources(event) and row.part == 0]
        if row.state is JobState.NEEDS_REVIEW:
            return [JobAction.SETTLE_LATE if review_reason(row) is ReviewReason.LATE else JobAction.RESOLVE]
        if row.state is JobState.PUBLISHING and row.step is not JobStep.SENDING and row.part == 0:
            found.append(JobAction.CANCEL)
        found += [JobAction.DISCARD] * (row.state is JobState.FAILED and row.discarded_at is None)
        half = row.state is JobState.FAILED and row.part > 0
        if row.state is JobState.PUBLISHED or half:
            declared = await LOADERS.get().load("platforms", row.platform)
            found += [JobAction.EDIT] * (declared.can_edit and not half) + [JobAction.DELETE] * declared.can_delete
        return found

    @classmethod
    def of(cls, row: Row) -> Job:
        """A job's row."""
        return cls(
            row=row,
            id=encode("Job", row.id),
            state=row.state,
            step=row.step,
            due_at=row.due_at,
            next_attempt_at=row.wake_at,
            publish_by=row.publish_by,
            late_policy=row.late_policy,
            not_before=row.ready_at,
            quiet_until=row.quiet_until,
            park_reason=row.park_reason,
            attempt_count=row.attempts,
            max_attempts=row.max_attempts,
            cancel_requested_at=row.cancel_requested_at,
            revision=row.revision,
            failed_at=row.failed_at,
            discarded_at=row.discarded_at,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
