from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from uuid import RFC_4122, UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel import ids

MOMENT = datetime(2030, 5, 17, 9, 30, 0, 123_000, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _own_sequence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "_sequence", ids._Sequence())


def test_an_id_is_a_uuid_of_version_7() -> None:
    made = ids.new()
    assert (made.version, made.variant) == (7, RFC_4122)


def test_an_id_tells_when_it_was_made() -> None:
    assert ids.timestamp(ids.new(MOMENT)) == MOMENT


def test_a_moment_in_another_zone_is_the_same_moment() -> None:
    tokyo = MOMENT.astimezone(timezone(timedelta(hours=9)))
    assert ids.timestamp(ids.new(tokyo)) == MOMENT


def test_without_a_moment_the_system_time_is_taken() -> None:
    before = time.time_ns() // 1_000_000
    milliseconds = ids.new().int >> 80
    assert before <= milliseconds <= time.time_ns() // 1_000_000


def test_the_example_of_the_standard_is_read() -> None:
    # RFC 9562, appendix A.6
    made = UUID("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")
    assert ids.timestamp(made) == datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)


def test_the_time_of_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="not a UUIDv7"):
        ids.timestamp(uuid4())


def test_ids_of_one_moment_rise() -> None:
    made = [ids.new(MOMENT) for _ in range(5000)]
    assert made == sorted(made)
    assert len(set(made)) == 5000


def test_more_ids_than_a_millisecond_holds_still_rise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.kernel.ids.secrets.randbits", lambda bits: (1 << bits) - 1)
    made = [ids.new(MOMENT) for _ in range((1 << 17) + 3)]
    assert all(earlier < later for earlier, later in pairwise(made))
    assert ids.timestamp(made[-1]) == MOMENT + timedelta(milliseconds=1)


@given(st.lists(st.integers(min_value=-9_999, max_value=9_999), min_size=2, max_size=30))
def test_ids_rise_while_the_clock_trembles(offsets: list[int]) -> None:
    sequence = ids._Sequence()
    start = 1_900_000_000_000
    pairs = [sequence.next(start + offset // 2) for offset in offsets]
    assert all(earlier < later for earlier, later in pairwise(pairs))


def test_a_leap_into_the_future_does_not_spoil_later_times() -> None:
    ids.new(MOMENT + timedelta(days=365))
    assert ids.timestamp(ids.new(MOMENT)) == MOMENT


def test_threads_get_different_ids() -> None:
    with ThreadPoolExecutor(4) as pool:
        made = [one for batch in pool.map(lambda _: [ids.new(MOMENT) for _ in range(500)], range(8)) for one in batch]
    assert len(set(made)) == 4000
