"""Quiet hours: local times in which nothing goes out. Pure, and exact on the days that clocks change.

A window belongs to the day that it begins on and ends at its wall-clock time, on the next day where that is not later.
Both ends are turned into instants: a time that does not exist is as far after the gap as it is inside it, one that
exists twice is the first. So a window is never quiet twice, and never left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.kernel.errors import InvalidInput

MOST = 20
"""Windows of one setting."""
EVERY_DAY = tuple(range(7))
LONGEST = timedelta(days=8)
"""Quiet hours that do not end within this never end."""


@dataclass(frozen=True, slots=True)
class Window:
    """From a wall-clock time to the next such time, on these days."""

    start: time
    end: time
    """Where it is not later than `start`, it is on the next day."""
    days: tuple[int, ...] = EVERY_DAY
    """Days on which it begins: 0 is Monday."""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Windows by the clock of one zone; without windows nothing is quiet."""

    zone: str
    windows: tuple[Window, ...]

    def until(self, at: datetime) -> datetime | None:
        """When something that is due at `at` may go out: the end of the quiet hours around it; None outside of them."""
        end = at
        while (later := self._end(end)) is not None and later - at <= LONGEST:
            end = later
        return end if end > at else None

    def _end(self, at: datetime) -> datetime | None:
        rules = ZoneInfo(self.zone)
        today = at.astimezone(rules).date()
        ends = []
        for window in self.windows:
            for day in (today - timedelta(days=1), today, today + timedelta(days=1)):
                last = day + timedelta(days=window.end <= window.start)
                end = _instant(last, window.end, rules)
                if day.weekday() in window.days and _instant(day, window.start, rules) <= at < end:
                    ends.append(end)
        return max(ends, default=None)

    def stored(self) -> dict[str, Any]:
        """As it is stored."""
        windows = [
            {"from": f"{one.start:%H:%M}", "to": f"{one.end:%H:%M}", "days": list(one.days)} for one in self.windows
        ]
        return {"zone": self.zone, "windows": windows}

    @classmethod
    def of(cls, stored: dict[str, Any]) -> QuietHours:
        """From what was stored."""
        windows = [
            Window(time.fromisoformat(one["from"]), time.fromisoformat(one["to"]), tuple(one["days"]))
            for one in stored["windows"]
        ]
        return cls(stored["zone"], tuple(windows))


def checked(zone: str, windows: Sequence[Window], now: datetime) -> QuietHours:
    """Quiet hours that leave some time to publish.

    Raises:
        InvalidInput: there is no such zone, a window has no day, there are too many, or it is always quiet.
    """
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _refused(f"There is no time zone {zone!r}.", "Use an IANA name such as Europe/Berlin.") from None
    if len(windows) > MOST or any(not one.days for one in windows):
        raise _refused(f"Quiet hours have at most {MOST} windows, each on at least one day.", "Join some windows.")
    found = QuietHours(zone, tuple(windows))
    moment = now
    for _ in range(MOST * 16):
        until = found.until(moment)
        if until is None:
            return found
        moment = until
        if moment - now > LONGEST:
            break
    raise _refused("These windows leave no time to publish.", "Leave a gap, or pause the connection instead.")


def _instant(day: date, wall: time, rules: ZoneInfo) -> datetime:
    return datetime.combine(day, wall, rules).astimezone(UTC)


def _refused(message: str, hint: str) -> InvalidInput:
    return InvalidInput(message, hint=hint, path=("input", "quietHours"))
