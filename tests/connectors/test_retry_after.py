from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.retry_after import LONGEST, retry_after

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "Fri, 20 Nov 2026 12:01:30 GMT"}, 90),
        ({"retry-after": "Fri, 20 Nov 2026 11:00:00 GMT"}, 0),
        ({"ratelimit-reset": str(int(NOW.timestamp()) + 60)}, 60),
        ({"ratelimit-reset": "30"}, 30),
        ({"x-ratelimit-reset": "2026-11-20T12:05:00.000Z"}, 300),
        ({"x-ratelimit-reset": "2026-11-20T12:05:00.123456Z"}, 300.123456),
        ({"x-ratelimit-reset": "2026-11-20T12:05:00"}, 300),
        ({"x-rate-limit-reset": str(int(NOW.timestamp()) + 900)}, 900),
        ({"retry-after": "5", "ratelimit-reset": "99"}, 5),
        ({"retry-after": "soon", "ratelimit-reset": "99"}, 99),
        ({"retry-after": "999999999"}, LONGEST.total_seconds()),
        ({"x-ratelimit-reset": "2199-01-01T00:00:00Z"}, LONGEST.total_seconds()),
        ({"ratelimit-reset": "1000000001"}, 0),
    ],
)
def test_waits(headers: dict[str, str], seconds: float) -> None:
    assert retry_after(headers, NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "value", ["", "soon", "-5", "1e3", "\u0663", "..", "20-11-2026", "Fri, 99 Nov 2026 12:00:00 GMT"]
)
def test_what_cannot_be_read_asks_for_no_wait(value: str) -> None:
    assert retry_after({"retry-after": value}, NOW) is None


def test_no_header_asks_for_no_wait() -> None:
    assert retry_after({"content-type": "text/plain"}, NOW) is None


@given(st.text(), st.text())
def test_anything_is_read_without_an_error_and_within_bounds(first: str, second: str) -> None:
    wait = retry_after({"retry-after": first, "x-ratelimit-reset": second}, NOW)
    assert wait is None or timedelta() <= wait <= LONGEST
