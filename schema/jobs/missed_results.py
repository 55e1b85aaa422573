"""What clients send about posts that missed their window, and what the mutation about them answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from app.flows.publishing.missed import MissedAction
from schema.errors import ConnectionNotUsable, InvalidInput, NotFound, PlannedTimeInvalid
from schema.jobs.job import Job
from schema.posts.planned_time import PlannedTimeInput


@strawberry.input(description="Which missed posts, and what becomes of them. Name the connection or the jobs.")
class ReleaseMissedJobsInput:
    """A release."""

    connection_id: strawberry.ID | None = strawberry.field(
        default=None, description="Every missed post of this connection, 100 at a time."
    )
    job_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="These jobs, 100 at most.")
    action: MissedAction = strawberry.field(description="What becomes of them.")
    publish_at: PlannedTimeInput | None = strawberry.field(
        default=None, description="The new time; needed to RESCHEDULE and used for nothing else."
    )
    publish_by: datetime | None = strawberry.field(default=None, description="The new end of their windows.")
    dry_run: bool = strawberry.field(default=False, description="Only count: nothing is changed.")


@strawberry.type(description="What was done with the missed posts, or would be.")
class MissedJobsReleased:
    """Released."""

    count: int = strawberry.field(description="How many jobs it concerns.")
    jobs: list[Job] = strawberry.field(description="These jobs, as they are now.")
    left_out: list[Job] = strawberry.field(
        description="Of the jobs that were named, those that are left as they are: they did not miss their window, or "
        "it is not proved that nothing of them was sent. Look at each, then use retryJob."
    )
    more: bool = strawberry.field(description="Whether there are others: ask again.")
    dry_run: bool = strawberry.field(description="Whether this was only counted.")


ReleaseMissedJobsResult: TypeAlias = Annotated[
    MissedJobsReleased | ConnectionNotUsable | PlannedTimeInvalid | InvalidInput | NotFound,
    strawberry.union("ReleaseMissedJobsResult", description="What was done, or why nothing was."),
]
