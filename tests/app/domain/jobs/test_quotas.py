from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.jobs.quotas import Use, corrected, free_at, reservation, spent_at, until, unused, uses
from connectors.quotas import QuotaCount, QuotaRule, QuotaScope, QuotaWindow

DAY = timedelta(days=1)
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- a bound
ROLLING = st.timedeltas(timedelta(minutes=1), timedelta(days=31)).map(lambda per: QuotaRule("r", 10, per))
AT = datetime(2026, 3, 28, 12, tzinfo=UTC)


def moment(rule: QuotaRule, at: datetime) -> datetime:
    return datetime.fromtimestamp(until(rule, at), UTC)


def content(*files: int, **options: Any) -> dict[str, Any]:
    return {"parts": [{"text": "", "media": [{}] * count} for count in files], "options": options}


@given(ROLLING, MOMENTS)
def test_a_rolling_time_is_never_too_short_and_at_most_a_slot_too_long(rule: QuotaRule, at: datetime) -> None:
    extra = moment(rule, at) - at - rule.per
    assert timedelta(0) < extra <= max(timedelta(seconds=2), rule.per / 96 + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("window", "zone", "at", "ends"),
    [
        (QuotaWindow.DAY, "America/Los_Angeles", AT, datetime(2026, 3, 29, 7, tzinfo=UTC)),
        (
            QuotaWindow.DAY,
            "America/Los_Angeles",
            datetime(2026, 3, 8, 9, tzinfo=UTC),
            datetime(2026, 3, 9, 7, tzinfo=UTC),
        ),
        (
            QuotaWindow.DAY,
            "Europe/Berlin",
            datetime(2026, 3, 28, 23, 30, tzinfo=UTC),
            datetime(2026, 3, 29, 22, tzinfo=UTC),
        ),
        (QuotaWindow.DAY, "UTC", datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 3, 29, tzinfo=UTC)),
        (QuotaWindow.MONTH, "UTC", AT, datetime(2026, 4, 1, tzinfo=UTC)),
        (QuotaWindow.MONTH, "UTC", datetime(2026, 12, 31, 23, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        (QuotaWindow.MONTH, "UTC", datetime(2027, 2, 1, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC)),
        (QuotaWindow.MONTH, "Europe/Berlin", AT, datetime(2026, 3, 31, 22, tzinfo=UTC)),
    ],
)
def test_a_calendars_window_ends_at_midnight_there(
    window: QuotaWindow, zone: str, at: datetime, ends: datetime
) -> None:
    assert moment(QuotaRule("r", 1, DAY, window=window, zone=zone), at) == ends


def test_what_a_job_uses() -> None:
    shared = QuotaRule("units", 10_000, DAY, scope=QuotaScope.APPLICATION, cost=1600)
    files = QuotaRule("files", 100, DAY, counts=QuotaCount.FILES)
    calls = QuotaRule("calls", 1, DAY, counts=QuotaCount.CALLS)
    reels = QuotaRule("reels", 30, DAY, option=("format", "reel"), first_part=True)
    found = uses((shared, files, calls, reels), content(1, 0, 3), 1, AT)
    assert [(use.name, use.each, use.shared, use.kept) for use in found] == [
        ("units", (1600, 1600), True, False),
        ("files", (0, 3), False, True),
    ]
    assert [use.each for use in uses((reels,), content(1, 1, format="reel"), 0, AT)] == [(1, 0)]
    assert uses((reels,), content(1, 1, format="reel"), 1, AT) == ()


def test_what_exceeds_the_whole_allowance_waits_for_all_of_it() -> None:
    (use,) = uses((QuotaRule("posts", 3, DAY),), content(0, 0, 0, 0, 0), 0, AT)
    assert use.units == 3


LINES = st.dictionaries(st.integers(0, 200).map(str), st.integers(1, 9), max_size=8)


def at(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


@given(LINES, st.integers(1, 40), st.integers(1, 40), st.integers(0, 210))
def test_there_is_room_when_it_is_said_and_not_before(line: dict[str, int], most: int, units: int, now: int) -> None:
    found = free_at(line, most, units, at(now))
    if found is None:
        assert units > most
        return
    assert found >= at(now)
    assert spent_at(line, found) + units <= most
    assert found == at(now) or spent_at(line, found - timedelta(seconds=1)) + units > most


@given(LINES, st.integers(0, 60), st.integers(0, 210))
def test_a_corrected_line_adds_up_to_what_the_platform_says(line: dict[str, int], used: int, now: int) -> None:
    found = corrected(line, used, 500, at(now))
    assert spent_at(found, at(now)) == used
    assert all(int(end) > now and units > 0 for end, units in found.items())
    later = [end for end in found if end != "500"]
    assert all(found[end] <= line[end] for end in later)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=6), st.integers(0, 3), st.integers(1, 20), st.data())
def test_used_and_given_back_make_what_was_reserved(
    each: list[int], first: int, most: int, data: st.DataObject
) -> None:
    use = Use("posts", most, 99, shared=False, kept=False, each=tuple(each))
    part = data.draw(st.integers(first, first + len(each)))
    back = unused(reservation(first, (use,)), part)
    given_back = sum(one["units"] for one in back)
    used = sum(each[: part - first])
    assert given_back == max(0, use.units - used)
    assert all((one["name"], one["until"], one["shared"]) == ("posts", "99", False) for one in back)


def test_uploads_are_not_given_back() -> None:
    use = Use("files", 10, 99, shared=False, kept=True, each=(4,))
    assert unused(reservation(0, (use,)), 0) == []
