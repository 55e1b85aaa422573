from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.budgets import Spent, spent

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
NAMES = ("ratelimit-remaining", "x-ratelimit-remaining", "ratelimit-reset", "x-app-usage", "x-business-use-case-usage")


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({"ratelimit-remaining": "0", "ratelimit-reset": str(int(NOW.timestamp()) + 3600)}, Spent(HOUR, shared=False)),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "2026-11-21T13:00:00Z"}, Spent(HOUR, shared=False)),
        ({"x-ratelimit-remaining": "1", "x-ratelimit-reset": "2026-11-21T13:00:00Z"}, None),
        ({"ratelimit-remaining": "0"}, None),
        ({"x-app-usage": '{"call_count":100}'}, Spent(HOUR, shared=True)),
        ({"x-app-usage": '{"call_count":99}'}, None),
        (
            {"x-business-use-case-usage": '{"1":[{"estimated_time_to_regain_access":60}]}'},
            Spent(HOUR, shared=False),
        ),
        ({}, None),
    ],
)
def test_a_budget_that_is_used_up(headers: dict[str, str], found: Spent | None) -> None:
    assert spent(headers, NOW, effect=True) == found


def test_a_count_of_requests_belongs_to_the_request_that_publishes() -> None:
    headers = {"ratelimit-remaining": "0", "ratelimit-reset": "60"}
    assert spent(headers, NOW, effect=False) is None
    assert spent(headers, NOW, effect=True) == Spent(timedelta(seconds=60), shared=False)


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=40)), st.booleans())
def test_anything_that_comes_is_a_wait_or_none(headers: dict[str, str], effect: bool) -> None:
    found = spent(headers, NOW, effect=effect)
    assert found is None or timedelta() <= found.wait <= timedelta(days=2)
