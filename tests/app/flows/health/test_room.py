"""What allowances leave for each job, counting the jobs before it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.domain.jobs.quotas import SLOTS
from app.flows.health.readiness.model import Room
from app.flows.health.readiness.room import Line, Turn, rooms
from connectors.quotas import QuotaRule, QuotaScope

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SLOT = DAY / SLOTS
ONE, OTHER = UUID(int=100), UUID(int=200)
TWO = QuotaRule("posts", 2, DAY)
POST: dict[str, Any] = {"parts": [{"text": "x", "media": [], "link": None}], "languages": [], "options": {}}


def turn(number: int, minutes: float = 0, whose: UUID = ONE, gives_up: timedelta | None = None) -> Turn:
    at = AT + timedelta(minutes=minutes)
    return Turn(UUID(int=number), whose, "p", POST, 0, at, None if gives_up is None else at + gives_up)


def waits(found: dict[UUID, Room]) -> list[str]:
    return [found[key].name for key in sorted(found)]


def test_the_third_of_two_waits_until_the_first_stops_to_count() -> None:
    found = rooms([turn(1), turn(2, 60), turn(3, 120)], {"p": [TWO]}, {})
    assert waits(found) == ["", "", "posts"]
    moment = found[UUID(int=3)].at
    assert moment is not None
    assert AT + DAY < moment <= AT + DAY + SLOT


def test_they_take_turns_by_their_moments_whatever_their_order() -> None:
    assert waits(rooms([turn(3, 5), turn(2, 60), turn(1, 120)], {"p": [TWO]}, {})) == ["posts", "", ""]


def test_what_is_on_the_ledger_counts() -> None:
    ends = str(int((AT + timedelta(hours=3)).timestamp()))
    found = rooms([turn(1)], {"p": [TWO]}, {(ONE, "posts"): Line(None, {ends: 2})})
    assert found[UUID(int=1)] == Room(AT + timedelta(hours=3), "posts")


def test_what_the_platform_said_counts_in_place_of_what_is_declared() -> None:
    found = rooms([turn(1), turn(2, 1)], {"p": [TWO]}, {(ONE, "posts"): Line(1)})
    assert waits(found) == ["", "posts"]
    assert rooms([turn(1)], {"p": [TWO]}, {(ONE, "posts"): Line(0)})[UUID(int=1)] == Room(None, "posts")


def test_each_account_has_its_own_unless_it_is_the_applications() -> None:
    turns = [turn(1), turn(2, 1), turn(3, 2, OTHER)]
    assert waits(rooms(turns, {"p": [TWO]}, {})) == ["", "", ""]
    shared = QuotaRule("posts", 2, DAY, scope=QuotaScope.APPLICATION)
    assert waits(rooms(turns, {"p": [shared]}, {})) == ["", "", "posts"]


def test_what_misses_its_window_takes_nothing() -> None:
    one = QuotaRule("posts", 1, DAY)
    found = rooms([turn(1), turn(2, 1, gives_up=timedelta(hours=6)), turn(3, 2)], {"p": [one]}, {})
    first, second = found[UUID(int=2)].at, found[UUID(int=3)].at
    assert first == second  # the one between them did not take the room


def test_a_platform_without_allowances_has_room() -> None:
    assert rooms([turn(1)], {}, {}) == {UUID(int=1): Room(AT)}


@given(st.lists(st.integers(0, 60 * 48), max_size=12), st.integers(1, 4))
def test_at_no_moment_more_goes_out_than_is_allowed(minutes: list[int], most: int) -> None:
    turns = [turn(number, at) for number, at in enumerate(minutes, start=1)]
    found = rooms(turns, {"p": [QuotaRule("posts", most, DAY)]}, {})
    moments = sorted(room.at for room in found.values() if room.at is not None)
    assert len(moments) == len(minutes)
    for moment in moments:
        assert sum(moment - DAY < other <= moment for other in moments) <= most
