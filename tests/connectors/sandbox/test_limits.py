"""Windows that count requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connectors.sandbox.limits import Windows

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_window_is_used_up_and_begins_anew() -> None:
    windows = Windows()
    taken = [windows.take("a", limit=2, seconds=60, now=NOW) for _ in range(3)]
    assert [(item.allowed, item.remaining) for item in taken] == [(True, 1), (True, 0), (False, 0)]
    assert taken[2].reset_at == NOW + timedelta(seconds=60)
    assert windows.take("a", limit=2, seconds=60, now=NOW + timedelta(seconds=60)).remaining == 1


def test_a_refused_request_costs_nothing() -> None:
    windows = Windows()
    assert not windows.take("a", limit=2, seconds=60, now=NOW, cost=3).allowed
    assert windows.take("a", limit=2, seconds=60, now=NOW, cost=2).allowed


def test_keys_count_for_themselves() -> None:
    windows = Windows()
    windows.take("a", limit=1, seconds=60, now=NOW)
    assert windows.take("b", limit=1, seconds=60, now=NOW).allowed
