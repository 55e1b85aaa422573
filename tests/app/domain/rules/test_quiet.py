from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.rules.quiet import QuietHours, Window, checked
from app.kernel.errors import InvalidInput

BERLIN = "Europe/Berlin"
NIGHT = QuietHours(BERLIN, (Window(time(22), time(7)),))


def at(text: str, zone: str = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("due", "until"),
    [
        ("2026-06-01T21:59", None),
        ("2026-06-01T22:00", "2026-06-02T07:00"),
        ("2026-06-02T00:00", "2026-06-02T07:00"),
        ("2026-06-02T06:59", "2026-06-02T07:00"),
        ("2026-06-02T07:00", None),
    ],
)
def test_a_window_over_midnight(due: str, until: str | None) -> None:
    assert NIGHT.until(at(due)) == (None if until is None else at(until))


def test_windows_that_touch_are_one() -> None:
    quiet = QuietHours("UTC", (Window(time(20), time(22)), Window(time(22), time(2)), Window(time(1), time(3))))
    assert quiet.until(at("2026-06-01T20:30", "UTC")) == at("2026-06-02T03:00", "UTC")


def test_a_window_belongs_to_the_day_that_it_begins_on() -> None:
    friday = QuietHours("UTC", (Window(time(22), time(7), (4,)),))  # 2026-06-05 is a Friday
    assert friday.until(at("2026-06-06T03:00", "UTC")) == at("2026-06-06T07:00", "UTC")
    assert friday.until(at("2026-06-05T03:00", "UTC")) is None
    assert friday.until(at("2026-06-06T23:00", "UTC")) is None


def test_a_whole_day_is_quiet_from_one_time_to_the_same() -> None:
    sunday = QuietHours("UTC", (Window(time(0), time(0), (6,)),))  # 2026-06-07 is a Sunday
    assert sunday.until(at("2026-06-07T12:00", "UTC")) == at("2026-06-08T00:00", "UTC")
    assert sunday.until(at("2026-06-08T00:00", "UTC")) is None


def test_an_end_that_does_not_exist_is_after_the_gap() -> None:
    # Berlin, 2026-03-29: 02:00 becomes 03:00.
    quiet = QuietHours(BERLIN, (Window(time(22), time(2, 30)),))
    assert quiet.until(at("2026-03-29T01:30")) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 03:30 on the wall


def test_an_end_that_exists_twice_is_the_first_and_is_not_quiet_again() -> None:
    # Berlin, 2026-10-25: 03:00 becomes 02:00.
    quiet = QuietHours(BERLIN, (Window(time(22), time(2, 30)),))
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert quiet.until(datetime(2026, 10, 25, 0, 0, tzinfo=UTC)) == first
    assert quiet.until(datetime(2026, 10, 25, 1, 15, tzinfo=UTC)) is None  # 02:15 again


WALL = st.times().map(lambda moment: moment.replace(second=0, microsecond=0, tzinfo=None))
WINDOWS = st.lists(st.builds(Window, WALL, WALL, st.sets(st.integers(0, 6), min_size=1).map(tuple)), max_size=3)
ZONES = st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "UTC"])
FIRST = datetime(2011, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 19 * 365 * 1440).map(lambda minutes: FIRST + timedelta(minutes=minutes))


@settings(max_examples=200, deadline=None)
@given(zone=ZONES, windows=WINDOWS, moment=MOMENTS)
def test_where_quiet_hours_end_it_is_not_quiet_and_before_it_was(
    zone: str, windows: list[Window], moment: datetime
) -> None:
    quiet = QuietHours(zone, tuple(windows))
    end = quiet.until(moment)
    if end is None or end - moment > timedelta(days=3):  # the latter: it hardly ever ends
        return
    assert moment < end
    assert quiet.until(end) is None
    assert quiet.until(moment + (end - moment) / 2) == end
    assert QuietHours.of(quiet.stored()) == quiet


@pytest.mark.parametrize(
    ("zone", "windows", "message"),
    [
        ("Mars/Base", [Window(time(1), time(2))], "no time zone"),
        ("UTC", [Window(time(1), time(2), ())], "at least one day"),
        ("UTC", [Window(time(1), time(2))] * 21, "at most 20"),
        ("UTC", [Window(time(0), time(0))], "no time to publish"),
        ("UTC", [Window(time(6), time(18)), Window(time(17), time(7))], "no time to publish"),
    ],
)
def test_what_cannot_be_meant_is_refused(zone: str, windows: list[Window], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        checked(zone, windows, datetime(2026, 6, 1, tzinfo=UTC))


def test_a_week_with_a_gap_is_taken() -> None:
    windows = [Window(time(0), time(0), (0, 1, 2, 3, 4, 5)), Window(time(9), time(0), (6,))]
    assert checked("UTC", windows, datetime(2026, 6, 1, tzinfo=UTC)).windows == tuple(windows)
