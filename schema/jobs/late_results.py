"""What clients send about a job that is late, and what the mutation about it answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from app.actions.jobs.settle_late import LateChoice
from schema.errors import InvalidInput, JobNotLate, NotFound, PlannedTimeInvalid
from schema.jobs.job import Job
from schema.posts.planned_time import PlannedTimeInput


@strawberry.input(description="What becomes of a job that needs review because it is late. Nothing of it was sent.")
class SettleLateJobInput:
    """A choice."""

    job_id: strawberry.ID = strawberry.field(description="The job.")
    choice: LateChoice = strawberry.field(description="What becomes of it.")
    publish_at: PlannedTimeInput | None = strawberry.field(
        default=None, description="The new time; needed to RESCHEDULE and used for nothing else."
    )
    publish_by: datetime | None = strawberry.field(default=None, description="The new end of its window.")


@strawberry.type(description="The choice was carried out.")
class LateJobSettled:
    """Settled."""

    job: Job = strawberry.field(description="The job as it is now.")


SettleLateJobResult: TypeAlias = Annotated[
    LateJobSettled | JobNotLate | PlannedTimeInvalid | InvalidInput | NotFound,
    strawberry.union("SettleLateJobResult", description="The settled job, or why it was not settled."),
]
