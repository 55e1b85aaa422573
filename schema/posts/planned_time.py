"""When to post, as a client says it."""

from __future__ import annotations

from datetime import datetime

import strawberry

from app.domain.posts.planned_time import PlannedTime, from_instant, from_local
from app.kernel.errors import InvalidInput
from schema.scalars import LocalDateTime, TimeZone


@strawberry.input(
    description="A wall-clock time in a zone. Its instant is found by the zone's rules, daylight saving included."
)
class LocalTimeInput:
    """A local time."""

    time: LocalDateTime = strawberry.field(description="The time on the wall, e.g. 2026-03-29T09:00.")
    zone: TimeZone = strawberry.field(description="The zone of that wall.")


@strawberry.input(one_of=True, description="When to post: an instant, or a local time. Exactly one of these.")
class PlannedTimeInput:
    """A planned time."""

    at: datetime | None = strawberry.field(default=strawberry.UNSET, description="An instant.")
    local: LocalTimeInput | None = strawberry.field(default=strawberry.UNSET, description="A local time with its zone.")

    def planned(self) -> PlannedTime:
        """The instant that follows.

        Raises:
            PlannedTimeInvalid: there is no such zone or day.
        """
        if self.local:
            return from_local(self.local.time, self.local.zone)
        if not isinstance(self.at, datetime):
            raise InvalidInput("The planned time is empty.", hint="Give `at` or `local`.", path=("input", "publishAt"))
        return from_instant(self.at)
