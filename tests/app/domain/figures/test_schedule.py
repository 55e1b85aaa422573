"""The thinning schedule: each moment once, none made up for, and an end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.domain.figures.schedule import DAY, FIRST, LAST, back_off, next_daily, next_look

PLACES = st.floats(0, 1, exclude_max=True)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- the zone is given beside
WAITS = st.timedeltas(timedelta(), timedelta(days=100))


@given(MOMENTS, WAITS, PLACES)
def test_the_next_look_is_the_first_moment_to_come(published: datetime, age: timedelta, place: float) -> None:
    now = published + age
    found = next_look(published, now, place)
    marks = [published + after for after in FIRST if published + after > now]
    if marks:
        assert found == min(marks)
    elif found is not None:
        assert now < found <= now + DAY
        assert found == next_daily(now, place)
        assert found <= published + LAST
    else:
        assert next_daily(now, place) > published + LAST


@given(MOMENTS, PLACES, st.lists(st.timedeltas(timedelta(), timedelta(days=5)), max_size=40))
def test_looks_that_come_late_never_come_twice_and_end(
    published: datetime, place: float, lates: list[timedelta]
) -> None:
    late, looks = iter(lates), [published + FIRST[0]]
    while (found := next_look(published, looks[-1] + next(late, timedelta()), place)) is not None:
        assert found > looks[-1]
        looks.append(found)
    assert looks[-1] <= published + LAST
    assert len(looks) <= len(FIRST) + LAST // DAY
    if not lates:
        assert looks[:3] == [published + after for after in FIRST]
        gaps = [later - earlier for earlier, later in pairwise(looks[3:])]
        assert set(gaps) <= {DAY}
        assert published + LAST - looks[-1] < DAY


@given(MOMENTS, PLACES)
def test_a_connection_has_one_place_in_each_day(now: datetime, place: float) -> None:
    found = next_daily(now, place)
    assert timedelta() < found - now <= DAY
    assert next_daily(found, place) == found + DAY


def test_runs_that_fail_come_ever_later_up_to_a_day() -> None:
    minutes = [back_off(failures) / timedelta(minutes=1) for failures in range(1, 12)]
    assert minutes == [15, 30, 60, 120, 240, 480, 960, 1440, 1440, 1440, 1440]
