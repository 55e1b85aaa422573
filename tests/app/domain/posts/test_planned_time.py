from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.posts.planned_time import (
    GRACE,
    HORIZON,
    PlannedTime,
    PlannedTimeInvalid,
    TimeNotice,
    from_instant,
    from_local,
    usable,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = sorted(available_timezones() - {"localtime"})


def test_an_instant_is_kept_in_utc() -> None:
    at = datetime(2026, 5, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert usable(from_instant(at), NOW) == PlannedTime(datetime(2026, 5, 1, 10, tzinfo=UTC))


def test_a_local_time_keeps_its_zone() -> None:
    planned = usable(from_local(datetime(2026, 7, 1, 9), "Europe/Berlin"), NOW)  # noqa: DTZ001 -- a wall clock
    expected = PlannedTime(datetime(2026, 7, 1, 7, tzinfo=UTC), "2026-07-01T09:00:00", "Europe/Berlin")
    assert planned == expected


def test_a_missing_time_is_as_far_behind_the_gap_as_it_is_inside() -> None:
    planned = usable(from_local(datetime(2026, 3, 29, 2, 30), "Europe/Berlin"), NOW)  # noqa: DTZ001 -- a time on the wall has no zone
    assert (planned.at, planned.notice) == (datetime(2026, 3, 29, 1, 30, tzinfo=UTC), TimeNotice.MISSING)
    assert planned.at.astimezone(ZoneInfo("Europe/Berlin")).strftime("%H:%M") == "03:30"


def test_an_ambiguous_time_is_the_first_of_the_two() -> None:
    planned = usable(from_local(datetime(2026, 10, 25, 2, 30), "Europe/Berlin"), NOW)  # noqa: DTZ001 -- a time on the wall has no zone
    assert (planned.at, planned.notice) == (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), TimeNotice.AMBIGUOUS)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"])
def test_nine_oclock_stays_nine_oclock_all_year(zone: str) -> None:
    for day in range(1, 365):
        wall = datetime(2026, 1, 1, 9) + timedelta(days=day)  # noqa: DTZ001 -- a time on the wall has no zone
        planned = usable(from_local(wall, zone), NOW)
        assert planned.at.astimezone(ZoneInfo(zone)).strftime("%H:%M") == "09:00"


@given(zone=st.sampled_from(ZONES), wall=st.datetimes(datetime(2026, 1, 3), datetime(2030, 12, 1)))  # noqa: DTZ001 -- a time on the wall has no zone
def test_a_local_time_is_shown_as_it_was_chosen_or_a_notice_says_why_not(zone: str, wall: datetime) -> None:
    wall = wall.replace(fold=0)
    planned = usable(from_local(wall, zone), NOW)
    shown = planned.at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
    if planned.notice is TimeNotice.MISSING:
        assert shown > wall
    else:
        assert shown == wall
    assert planned.local == wall.isoformat()


def test_a_moment_ago_means_now() -> None:
    assert usable(from_instant(NOW - GRACE), NOW).at == NOW - GRACE


@pytest.mark.parametrize("off", [-GRACE - timedelta(seconds=1), HORIZON + timedelta(seconds=1)])
def test_the_past_and_the_far_future_are_refused(off: timedelta) -> None:
    with pytest.raises(PlannedTimeInvalid):
        usable(from_instant(NOW + off), NOW)


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "", "../etc/passwd", "Europe", "/etc/localtime", "a\0b", "\ud800"])
def test_a_zone_that_does_not_exist_is_refused(zone: str) -> None:
    with pytest.raises(PlannedTimeInvalid) as caught:
        usable(from_local(datetime(2026, 7, 1, 9), zone), NOW)  # noqa: DTZ001 -- a time on the wall has no zone
    assert caught.value.path == ("input", "publishAt", "local", "zone")


@pytest.mark.parametrize("at", [datetime.min, datetime.max])  # noqa: DTZ901 -- the edges themselves
def test_the_ends_of_the_calendar_are_refused(at: datetime) -> None:
    for hours in (-14, 14):
        with pytest.raises(PlannedTimeInvalid):
            usable(from_instant(at.replace(tzinfo=timezone(timedelta(hours=hours)))), NOW)
    for zone in ("Pacific/Kiritimati", "Pacific/Honolulu"):
        with pytest.raises(PlannedTimeInvalid):
            usable(from_local(at, zone), NOW)
