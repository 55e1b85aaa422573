from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.domain.connections.model import Connection
from app.domain.connections.rhythm import Rhythm, next_look, next_ping, place, renewal, told_from
from app.domain.connections.states import ConnectionState
from app.kernel import ids

START = datetime(2026, 5, 4, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
AHEAD = 10 * MINUTE
RHYTHM = Rhythm(look=MINUTE, ping=DAY, horizon=7 * DAY, ahead=AHEAD)
ONE = UUID("01927f3e-0000-7000-8000-000000000001")
LIVES = st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=400))


def row(**columns: object) -> Connection:
    return Connection(**{"id": ONE, "state": ConnectionState.HEALTHY, "refresh_failures": 0, **columns})


def test_a_thousand_tokens_of_one_hour_are_not_renewed_in_one_minute() -> None:
    minutes = Counter((renewal(ids.new(), START, START + HOUR, AHEAD) - START) // MINUTE for _ in range(1000))
    assert sum(minutes.values()) == 1000
    assert min(minutes) >= 37
    assert max(minutes) <= 50
    assert len(minutes) >= 12
    assert max(minutes.values()) < 150


def test_a_connection_is_renewed_at_another_place_the_next_time() -> None:
    first = renewal(ONE, START, START + HOUR, AHEAD) - START
    assert first != renewal(ONE, START + HOUR, START + 2 * HOUR, AHEAD) - (START + HOUR)
    assert first == renewal(ONE, START, START + HOUR, AHEAD) - START


def test_a_long_life_is_renewed_long_before_its_end() -> None:
    at = renewal(ONE, START, START + 60 * DAY, AHEAD)
    assert START + 53 * DAY <= at <= START + 54 * DAY


@given(st.uuids(), LIVES)
def test_a_token_is_used_before_it_is_renewed_and_renewed_before_it_ends(key: UUID, life: timedelta) -> None:
    at = renewal(key, START, START + life, AHEAD)
    assert START + life * 0.3 <= at <= START + life * 0.9
    assert life < 2 * AHEAD or START + life - at >= AHEAD


def test_a_token_of_unknown_age_is_renewed_ahead_of_its_end() -> None:
    assert renewal(ONE, None, START + HOUR, AHEAD) == START + HOUR - AHEAD


@given(st.uuids(), st.timedeltas(min_value=timedelta(), max_value=timedelta(days=900)))
def test_each_connection_has_its_own_place_in_the_day(key: UUID, later: timedelta) -> None:
    first = next_ping(key, START, DAY)
    then = next_ping(key, START + later, DAY)
    assert START + later < then <= START + later + DAY
    assert (then - first) % DAY == timedelta()


def test_pings_are_spread_over_the_day() -> None:
    hours = Counter(int(place(ids.new(), "ping") * 24) for _ in range(2400))
    assert set(hours) == set(range(24))
    assert max(hours.values()) < 200


def test_the_end_is_told_a_week_before_or_in_the_last_fifth() -> None:
    year = row(life_began_at=START, token_expires_at=START + 365 * DAY)
    assert told_from(year, RHYTHM.horizon) == START + 358 * DAY
    ten = row(life_began_at=START, token_expires_at=START + 10 * DAY)
    assert told_from(ten, RHYTHM.horizon) == START + 8 * DAY
    unknown = row(life_began_at=None, token_expires_at=START + 10 * DAY)
    assert told_from(unknown, RHYTHM.horizon) == START + 3 * DAY
    assert told_from(row(), RHYTHM.horizon) is None


def test_the_next_look_is_at_the_next_thing_to_do() -> None:
    ping, renew = START + 5 * HOUR, START + 2 * HOUR
    assert next_look(row(ping_at=ping), START, RHYTHM) == ping
    assert next_look(row(ping_at=ping), START, RHYTHM, renew_at=renew) == renew
    assert next_look(row(ping_at=ping), START, RHYTHM, renew_at=START - HOUR) == ping
    assert next_look(row(ping_at=START + timedelta(seconds=5)), START, RHYTHM) == START + MINUTE
    assert next_look(row(), START, RHYTHM) == START + DAY


def test_a_failed_renewal_is_looked_at_sooner_than_the_ping() -> None:
    assert next_look(row(ping_at=START + 5 * HOUR, refresh_failures=3), START, RHYTHM) == START + 4 * MINUTE


def test_an_access_that_ends_is_looked_at_when_that_is_to_be_told_and_when_it_ends() -> None:
    ends = START + 10 * DAY
    mortal = row(ping_at=START + 20 * DAY, life_began_at=START, token_expires_at=ends)
    assert next_look(mortal, START, RHYTHM) == START + 8 * DAY
    told = row(state=ConnectionState.EXPIRING_SOON, told_at=START + 9 * DAY, life_began_at=START, token_expires_at=ends)
    assert next_look(told, START + 9 * DAY, RHYTHM) == ends
