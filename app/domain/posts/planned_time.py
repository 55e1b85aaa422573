"""A planned time: what the user chose, and the instant that follows from it.

A local time keeps its IANA zone, so that a daylight-saving change moves the instant and not the wall clock. Twice a
year a local time does not exist or exists twice; then the rule is stated in a notice:

* missing (clocks go forward): the instant is as far after the gap as the time is inside it, e.g. 02:30 becomes 03:30;
* ambiguous (clocks go back): the first of the two instants.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.kernel.errors import DomainError

HORIZON = timedelta(days=5 * 366)
"""Nothing is planned further ahead than about five years: a typing error, not a plan."""
GRACE = timedelta(minutes=5)
"""A time that has just passed means now: people and clocks are slow."""


class PlannedTimeInvalid(DomainError):
    """The time cannot be planned for."""

    code: ClassVar[str] = "PLANNED_TIME_INVALID"


class TimeNotice(StrEnum):
    """What was unusual about a local time."""

    MISSING = "missing"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class PlannedTime:
    """An instant, and the local time that it came from, if any."""

    at: datetime
    local: str | None = None
    zone: str | None = None
    notice: TimeNotice | None = None


def from_instant(at: datetime) -> PlannedTime:
    """An instant as a planned time.

    Raises:
        PlannedTimeInvalid: it is outside of the calendar.
    """
    try:
        return PlannedTime(at.astimezone(UTC))
    except OverflowError:
        raise _out_of_range(at) from None


def from_local(local: datetime, zone: str) -> PlannedTime:
    """A wall-clock time in a zone as a planned time, with a notice where it is missing or ambiguous.

    Raises:
        PlannedTimeInvalid: the zone is not known, or the time is outside of the calendar.
    """
    try:
        rules = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise PlannedTimeInvalid(
            f"There is no time zone {zone!r}.",
            hint="Use an IANA name such as Europe/Berlin.",
            path=("input", "publishAt", "local", "zone"),
        ) from None
    wall = local.replace(tzinfo=None, fold=0)
    try:
        first, second = (wall.replace(tzinfo=rules, fold=fold).astimezone(UTC) for fold in (0, 1))
    except OverflowError:
        raise _out_of_range(wall) from None
    notice = None
    if first != second:
        exists = first.astimezone(rules).replace(tzinfo=None) == wall
        notice = TimeNotice.AMBIGUOUS if exists else TimeNotice.MISSING
    return PlannedTime(first, wall.isoformat(), zone, notice)


def usable(time: PlannedTime, now: datetime) -> PlannedTime:
    """The time, if something can be planned for it.

    Raises:
        PlannedTimeInvalid: it has passed, or is too far ahead.
    """
    if time.at < now - GRACE:
        raise PlannedTimeInvalid(
            f"The time {time.at.isoformat()} has passed.",
            hint="Choose a time in the future, or leave publishAt out to publish now.",
            path=("input", "publishAt"),
        )
    if time.at > now + HORIZON:
        raise PlannedTimeInvalid(
            f"The time {time.at.isoformat()} is more than five years ahead.",
            hint="Check the year.",
            path=("input", "publishAt"),
        )
    return time


def _out_of_range(at: datetime) -> PlannedTimeInvalid:
    return PlannedTimeInvalid(
        f"The time {at.isoformat()} is outside of the calendar.", hint="Check the year.", path=("input", "publishAt")
    )
