from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from app.kernel.clock import Clock, SystemClock


def test_now_is_aware_and_in_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_boottime_never_goes_back() -> None:
    clock = SystemClock()
    readings = [clock.boottime() for _ in range(1000)]
    assert readings == sorted(readings)


def test_boottime_is_the_clock_that_counts_sleep() -> None:
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    before = time.clock_gettime(clock)
    reading = SystemClock().boottime()
    assert before <= reading <= time.clock_gettime(clock)


def test_a_test_may_stand_in_for_the_clock() -> None:
    class Still:
        def now(self) -> datetime:
            return SystemClock().now() + timedelta(days=1)

        def boottime(self) -> float:
            return 0.0

    clock: Clock = Still()
    assert clock.boottime() == 0.0
