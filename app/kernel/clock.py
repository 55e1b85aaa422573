"""Time as a service: what needs the time is handed a clock, so that a test can say what time it is.

`now()` is for what people and platforms see. `boottime()` is for measuring how long something took: no correction
of the wall clock moves it, and it goes on while the machine sleeps, which `time.monotonic()` on Linux does not.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final, Protocol


class Clock(Protocol):
    """What tells the time."""

    def now(self) -> datetime:
        """The current time, aware, in UTC."""
        ...

    def boottime(self) -> float:
        """Seconds since an arbitrary start: never goes back, counts sleep. Only differences mean something."""
        ...


# macOS has no CLOCK_BOOTTIME; there, `monotonic` is what remains (it stops while the machine sleeps).
_BOOT: Final[int] = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        """The current time, aware, in UTC."""
        return datetime.now(UTC)

    def boottime(self) -> float:
        """Seconds since the machine started, including the time that it slept."""
        return time.clock_gettime(_BOOT)
