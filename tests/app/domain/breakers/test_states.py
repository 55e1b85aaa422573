from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.breakers.states import OURS, UNWELL, Operation, Place, trips
from connectors.faults import FaultKind

PUBLISH, READ, ALL = Operation.PUBLISH, Operation.READ, Operation.ALL


@pytest.mark.parametrize(
    ("guard", "place", "covers"),
    [
        (Place("m", "", ALL), Place("m", "one", PUBLISH), True),
        (Place("m", "one", PUBLISH), Place("m", "one", PUBLISH), True),
        (Place("m", "one", PUBLISH), Place("m", "two", PUBLISH), False),
        (Place("m", "one", PUBLISH), Place("m", "one", READ), False),
        (Place("m", "", ALL), Place("b", "one", PUBLISH), False),
    ],
)
def test_what_a_breaker_covers(guard: Place, place: Place, covers: bool) -> None:
    assert guard.covers(place) is covers


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 20))
def test_it_takes_enough_failures_and_half_of_all(well: int, unwell: int, least: int) -> None:
    assert trips(well, unwell, least=least) is (unwell >= least and unwell * 2 >= well + unwell)


def test_only_trouble_of_the_platform_counts() -> None:
    assert {FaultKind.UNREACHABLE, FaultKind.NO_ANSWER, FaultKind.PLATFORM_DOWN} == UNWELL
    assert "pool_timeout" in OURS
