"""Publishing rules: what follows when posts are late, and quiet hours."""

from __future__ import annotations

from datetime import datetime, time
from enum import StrEnum
from typing import Annotated, TypeAlias

import strawberry

from app.domain.rules.queries import Rules
from app.domain.rules.quiet import EVERY_DAY, QuietHours, Window, checked
from app.kernel.errors import InvalidInput as Refused
from app.kernel.late_policy import LatePolicy
from schema.errors import InvalidInput, NotFound
from schema.scalars import TimeZone
from schema.words import offer


class Weekday(StrEnum):
    """A day of the week."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


offer(Weekday, "A day of the week.", {day.name: f"{day.name.capitalize()}." for day in Weekday})
DAYS = tuple(Weekday)


@strawberry.type(description="A stretch of the day in which nothing goes out.")
class QuietWindow:
    """A window."""

    start: str = strawberry.field(description="The wall-clock time at which it begins, e.g. 22:00.")
    end: str = strawberry.field(
        description="The wall-clock time at which it ends; on the next day where it is not later than `start`."
    )
    days: list[Weekday] = strawberry.field(description="The days on which it begins.")


@strawberry.type(description="Local times in which nothing goes out: what is due then waits until they are over.")
class QuietHoursRule:
    """Quiet hours."""

    zone: TimeZone = strawberry.field(description="The zone whose clock counts, daylight saving included.")
    windows: list[QuietWindow] = strawberry.field(description="The windows; without any, nothing is quiet.")


@strawberry.type(description="What was decided for the workspace, or for one connection.")
class PublishingRules:
    """Rules."""

    after_publish_by: LatePolicy | None = strawberry.field(
        description="What follows when posts are late that do not say it themselves; null: the installation's default, "
        "and for a connection always."
    )
    quiet_hours: QuietHoursRule | None = strawberry.field(
        description="Quiet hours; those of a connection hold instead of the workspace's. Null: none were decided here."
    )

    @classmethod
    def of(cls, found: Rules) -> PublishingRules:
        """Rules of the application."""
        return cls(after_publish_by=found.late_policy, quiet_hours=None if found.quiet is None else _shown(found.quiet))


@strawberry.input(description="A stretch of the day in which nothing goes out.")
class QuietWindowInput:
    """A window."""

    start: str = strawberry.field(description="The wall-clock time at which it begins, e.g. 22:00.")
    end: str = strawberry.field(
        description="The wall-clock time at which it ends; on the next day where it is not later than `start`."
    )
    days: list[Weekday] | None = strawberry.field(
        default=None, description="The days on which it begins; every day where none are given."
    )

    def window(self) -> Window:
        """As the application takes it.

        Raises:
            InvalidInput: a time is none.
        """
        days = EVERY_DAY if self.days is None else tuple(sorted({DAYS.index(day) for day in self.days}))
        return Window(_wall(self.start), _wall(self.end), days)


@strawberry.input(description="Local times in which nothing goes out.")
class QuietHoursInput:
    """Quiet hours."""

    zone: TimeZone = strawberry.field(description="The zone whose clock counts.")
    windows: list[QuietWindowInput] = strawberry.field(
        description="The windows, 20 at most. None: nothing is quiet; for a connection, whatever the workspace says."
    )

    def hours(self, now: datetime) -> QuietHours:
        """As the application takes it.

        Raises:
            InvalidInput: a zone, a time or a day is wrong, or the windows leave no time to publish.
        """
        return checked(self.zone, [window.window() for window in self.windows], now)


@strawberry.input(description="What is decided. It replaces what was decided before: what is left out is not decided.")
class DecidePublishingRulesInput:
    """A decision."""

    connection_id: strawberry.ID | None = strawberry.field(
        default=None, description="For this connection only; without it: for the workspace."
    )
    after_publish_by: LatePolicy | None = strawberry.field(
        default=None, description="What follows when posts are late that do not say it; of the workspace only."
    )
    quiet_hours: QuietHoursInput | None = strawberry.field(
        default=None, description="Quiet hours. What is held back at this moment is looked at anew at once."
    )


@strawberry.type(description="The rules hold from now on.")
class PublishingRulesDecided:
    """Decided."""

    rules: PublishingRules = strawberry.field(description="The rules as they are now.")


DecidePublishingRulesResult: TypeAlias = Annotated[
    PublishingRulesDecided | InvalidInput | NotFound,
    strawberry.union("DecidePublishingRulesResult", description="The new rules, or why nothing was changed."),
]


def _shown(quiet: QuietHours) -> QuietHoursRule:
    windows = [
        QuietWindow(start=f"{one.start:%H:%M}", end=f"{one.end:%H:%M}", days=[DAYS[day] for day in one.days])
        for one in quiet.windows
    ]
    return QuietHoursRule(zone=TimeZone(quiet.zone), windows=windows)


def _wall(given: str) -> time:
    try:
        found = datetime.strptime(given, "%H:%M").time()  # noqa: DTZ007 -- a time on the wall has no zone of its own
    except ValueError:
        message, hint = f"{given!r} is no time of day.", "Write hours and minutes, e.g. 22:00."
        raise Refused(message, hint=hint, path=("input", "quietHours", "windows")) from None
    return found
