"""What clients send to verbs about many jobs."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from app.domain.jobs.selection import Selection
from app.flows.bulk.answer import AT_ONCE, Place, Request
from app.kernel.errors import InvalidInput
from app.services.paging import BadCursor
from schema.filters import JobFilterInput
from schema.node import decode
from schema.posts.inputs import bounded, idempotency_key
from schema.posts.planned_time import PlannedTimeInput
from schema.scalars import Cursor

WHICH = "Which jobs; or name them with `jobIds`."
NAMED = f"These jobs, {AT_ONCE} at most. Each that cannot be taken is told why."
GO_ON = "The `cursor` of the page before: goes on behind it. Leave the rest of the input as it was."
SEEN = "How many jobs you have seen (`matched`, then `left`): refused when the number is another now."
DRY = "Only look: the same verdicts, and nothing is changed."
KEY = "The same key with the same input gives the first answer again; good for a call whose answer was lost."
MAX_RATE = 100.0


@strawberry.input(description="Which jobs, and how carefully. Name a filter or the jobs.")
class BulkInput:
    """What every bulk verb takes."""

    filter: JobFilterInput | None = strawberry.field(default=None, description=WHICH)
    job_ids: list[strawberry.ID] | None = strawberry.field(default=None, description=NAMED)
    after: Cursor | None = strawberry.field(default=None, description=GO_ON)
    expected_count: int | None = strawberry.field(default=None, description=SEEN)
    dry_run: bool = strawberry.field(default=False, description=DRY)
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)

    def place(self) -> Place | None:
        """Where to go on."""
        try:
            return None if self.after is None else Place.read(self.after)
        except BadCursor:
            raise BadCursor(("input", "after")) from None

    def request(self) -> Request:
        """As the application takes it."""
        place = self.place()
        selection = Selection(
            wanted=None if self.filter is None else self.filter.wanted(),
            ids=None if self.job_ids is None else self._keys(self.job_ids),
            after=None if place is None else place.after,
        )
        key = idempotency_key(self.idempotency_key)
        return Request(selection, self.dry_run, self.expected_count, key)

    @staticmethod
    def _keys(given: list[strawberry.ID]) -> tuple[UUID, ...]:
        bounded(given, AT_ONCE, ("input", "jobIds"))
        return tuple(dict.fromkeys(decode(one, "Job", ("input", "jobIds")) for one in given))


@strawberry.input(description="Which failed jobs to take up again, when, and how fast.")
class ReplayJobsInput(BulkInput):
    """A replay."""

    rate: float | None = strawberry.field(
        default=None, description="How many jobs a second; without it 5. They are spread, over several calls too."
    )
    publish_at: PlannedTimeInput | None = strawberry.field(
        default=None, description="A new planned time; needed by those whose planned time has passed its window."
    )
    publish_by: datetime | None = strawberry.field(default=None, description="The end of the new window.")

    def pace(self) -> float:
        """Jobs a second."""
        rate = 5.0 if self.rate is None else self.rate
        if not 0 < rate <= MAX_RATE:
            raise InvalidInput(
                f"A rate is more than 0 and at most {MAX_RATE:.0f} jobs a second.",
                hint="Give for example 5, or 0.1 for one job in ten seconds.",
                path=("input", "rate"),
            )
        return rate


@strawberry.input(description="Which failed jobs to take up again, all at the same time.")
class RetryJobsInput(BulkInput):
    """A retry of many."""

    publish_at: PlannedTimeInput | None = strawberry.field(default=None, description="When; without it: now.")
    publish_by: datetime | None = strawberry.field(default=None, description="The new end of their windows.")


@strawberry.input(description="Which jobs go out at which time instead.")
class RescheduleJobsInput(BulkInput):
    """A move of many."""

    publish_at: PlannedTimeInput = strawberry.field(description="The new time.")
    publish_by: datetime | None = strawberry.field(default=None, description="The new end of their windows.")


@strawberry.input(description="Which jobs to cancel.")
class CancelJobsInput(BulkInput):
    """A cancellation of many."""


@strawberry.input(description="Which failed jobs to take off the list of dead letters.")
class DiscardJobsInput(BulkInput):
    """A discard of many."""

    reason: str | None = strawberry.field(default=None, description="Why; it stands in the audit log.")
