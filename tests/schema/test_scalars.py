from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from graphql import GraphQLError
from hypothesis import given
from hypothesis import strategies as st

from schema.scalars import parse_instant, parse_local, parse_url, parse_zone


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-29T09:00:00Z", datetime(2026, 3, 29, 9, tzinfo=UTC)),
        ("2026-03-29t09:00z", datetime(2026, 3, 29, 9, tzinfo=UTC)),
        ("2026-03-29T09:00:00.123456+02:00", datetime(2026, 3, 29, 9, 0, 0, 123456, timezone(timedelta(hours=2)))),
    ],
)
def test_an_instant_is_read(text: str, expected: datetime) -> None:
    assert parse_instant(text) == expected


@pytest.mark.parametrize(
    "value", ["", "2026-03-29", "2026-03-29T09:00:00", "2026-W13-7T09:00Z", 5, None, "2026-02-30T00:00Z"]
)
def test_what_is_no_instant_is_refused(value: Any) -> None:
    with pytest.raises(GraphQLError):
        parse_instant(value)


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_instant_comes_back_to_the_microsecond(moment: datetime) -> None:
    assert parse_instant(moment.isoformat()) == moment


def test_a_local_time_has_no_offset() -> None:
    assert parse_local("2026-03-29T09:00") == datetime(2026, 3, 29, 9)  # noqa: DTZ001 -- a wall-clock time
    with pytest.raises(GraphQLError):
        parse_local("2026-03-29T09:00Z")


@pytest.mark.parametrize("value", ["../etc/passwd", "Europe/", "", "\0", 5])
def test_what_is_no_name_of_a_zone_is_refused(value: Any) -> None:
    assert parse_zone("Europe/Berlin") == "Europe/Berlin"
    with pytest.raises(GraphQLError):
        parse_zone(value)


@pytest.mark.parametrize(
    "value", ["", "example.org", "ftp://example.org", "https://", "javascript:alert(1)", "http://[", 5]
)
def test_what_is_no_address_is_refused(value: Any) -> None:
    assert parse_url(" https://example.org/a?b=c ") == "https://example.org/a?b=c"
    with pytest.raises(GraphQLError):
        parse_url(value)
