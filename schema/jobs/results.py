"""What clients send about single jobs, and what mutations about them answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from app.domain.jobs.review import Resolution
from schema.errors import (
    InvalidContent,
    InvalidInput,
    JobNotCancellable,
    JobNotEditable,
    JobNotInReview,
    JobNotPublished,
    JobNotReschedulable,
    JobNotRetryable,
    JobRevisionConflict,
    NotFound,
    PlannedTimeInvalid,
    PlatformRefused,
)
from schema.jobs.job import Job
from schema.posts.inputs import ContentInput
from schema.posts.planned_time import PlannedTimeInput
from schema.scalars import URL


@strawberry.input(description="Which job to cancel.")
class CancelJobInput:
    """A cancellation."""

    job_id: strawberry.ID = strawberry.field(description="The job.")


@strawberry.input(description="When a job is to go out instead.")
class RescheduleJobInput:
    """A move."""

    job_id: strawberry.ID = strawberry.field(description="The job.")
    publish_at: PlannedTimeInput = strawberry.field(description="The new time.")
    publish_by: datetime | None = strawberry.field(default=None, description="The new end of its window.")
    revision: int | None = strawberry.field(
        default=None, description="The revision that you have read: refused when the job was changed since."
    )


@strawberry.input(description="Which failed job to take up again.")
class RetryJobInput:
    """A retry."""

    job_id: strawberry.ID = strawberry.field(description="The job.")
    publish_at: PlannedTimeInput | None = strawberry.field(default=None, description="When; without it: now.")
    publish_by: datetime | None = strawberry.field(default=None, description="The new end of its window.")


@strawberry.input(description="What became of a job whose outcome nobody could find out.")
class ResolveJobInput:
    """A decision."""

    job_id: strawberry.ID = strawberry.field(description="The job.")
    resolution: Resolution = strawberry.field(description="What you decide.")
    url: URL | None = strawberry.field(default=None, description="Where the post is; needed to CONFIRM.")
    reason: str | None = strawberry.field(default=None, description="Why you GIVE_UP; shown as the job's fault.")


@strawberry.input(description="How a published post is to read instead.")
class EditPublishedPostInput:
    """An edit on the platform."""

    job_id: strawberry.ID = strawberry.field(description="The job that published it.")
    content: ContentInput = strawberry.field(description="The new content.")


@strawberry.input(description="Which published post to delete on its platform.")
class DeletePublishedPostInput:
    """A deletion on the platform."""

    job_id: strawberry.ID = strawberry.field(description="The job that published it.")


@strawberry.type(description="Nothing was sent, and nothing will be.")
class JobCancelled:
    """Cancelled."""

    job: Job = strawberry.field(description="The job as it is now.")


@strawberry.type(description="The job is being prepared; it stops before it is sent. Watch it to see the end.")
class CancelRequested:
    """Asked for."""

    job: Job = strawberry.field(description="The job as it is now.")


@strawberry.type(description="Nothing goes out before the new time.")
class JobRescheduled:
    """Moved."""

    job: Job = strawberry.field(description="The job as it is now.")


@strawberry.type(description="The job goes out with fresh attempts; parts that are out already are not sent again.")
class JobRetried:
    """Taken up again."""

    job: Job = strawberry.field(description="The job as it is now.")


@strawberry.type(description="The decision was carried out.")
class JobResolved:
    """Settled."""

    job: Job = strawberry.field(description="The job as it is now.")


@strawberry.type(description="The post was changed on the platform.")
class PublishedPostEdited:
    """Edited."""

    job: Job = strawberry.field(description="The job as it is now.")


@strawberry.type(description="The post is not on the platform any more.")
class PublishedPostDeleted:
    """Deleted."""

    job: Job = strawberry.field(description="The job as it is now.")
    parts: int = strawberry.field(
        description="How many parts were removed: one, those of a thread, or those of it that were out."
    )


CancelJobResult: TypeAlias = Annotated[
    JobCancelled | CancelRequested | JobNotCancellable | NotFound,
    strawberry.union("CancelJobResult", description="The truth: cancelled, will be if not yet sent, or too late."),
]
RescheduleJobResult: TypeAlias = Annotated[
    JobRescheduled | JobNotReschedulable | JobRevisionConflict | PlannedTimeInvalid | InvalidInput | NotFound,
    strawberry.union("RescheduleJobResult", description="The moved job, or why it was not moved."),
]
RetryJobResult: TypeAlias = Annotated[
    JobRetried | JobNotRetryable | PlannedTimeInvalid | InvalidInput | NotFound,
    strawberry.union("RetryJobResult", description="The job that goes out again, or why it does not."),
]
ResolveJobResult: TypeAlias = Annotated[
    JobResolved | JobNotInReview | InvalidInput | NotFound,
    strawberry.union("ResolveJobResult", description="The settled job, or why it was not settled."),
]
EditPublishedPostResult: TypeAlias = Annotated[
    PublishedPostEdited | InvalidContent | JobNotPublished | JobNotEditable | PlatformRefused | InvalidInput | NotFound,
    strawberry.union("EditPublishedPostResult", description="The changed post, or why it was not changed."),
]
DeletePublishedPostResult: TypeAlias = Annotated[
    PublishedPostDeleted | JobNotPublished | PlatformRefused | NotFound,
    strawberry.union("DeletePublishedPostResult", description="That the post is gone, or why it is not."),
]
