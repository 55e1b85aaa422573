from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from connectors.bluesky.keys import ALPHABET, record_key

TID = re.compile(r"[234567abcdefghij][234567a-z]{12}")
KEY = UUID("0190f3a0-0000-7000-8000-000000000001")
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@given(st.uuids(), st.integers(86_400, 7_000_000_000), st.integers(0, 5000))
def test_every_key_has_the_form_of_a_tid(key: UUID, seconds: int, position: int) -> None:
    assert TID.fullmatch(record_key(key, datetime.fromtimestamp(seconds, UTC), position))


def test_a_key_is_the_same_on_every_machine_and_in_every_zone() -> None:
    assert record_key(KEY, AT, 0) == "3n2q7w3texvps"
    assert record_key(KEY, AT.astimezone(timezone(timedelta(hours=9))), 0) == "3n2q7w3texvps"


def test_keys_carry_the_second_of_the_post() -> None:
    number = 0
    for digit in record_key(KEY, AT, 0):
        number = number * 32 + ALPHABET.index(digit)
    assert (number >> 10) // 1_000_000 == int(AT.timestamp())


def test_parts_of_a_thread_sort_in_their_order() -> None:
    keys = [record_key(KEY, AT, position) for position in range(100)]
    assert keys == sorted(set(keys))


def test_posts_planned_for_the_same_moment_do_not_meet() -> None:
    assert len({record_key(uuid4(), AT, 0) for _ in range(500)}) == 500


def test_another_second_gives_another_key() -> None:
    assert record_key(KEY, AT, 0) < record_key(KEY, AT + timedelta(seconds=1), 0)
