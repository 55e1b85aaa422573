"""How long Meta asks us to wait, from the headers in which it states how much of a budget is used.

Source: https://developers.facebook.com/docs/graph-api/overview/rate-limiting. `estimated_time_to_regain_access` is a
count of minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from connectors.retry_after import LONGEST, retry_after

_BUSINESS: Final = "x-business-use-case-usage"
_APP: Final = "x-app-usage"
_REGAIN: Final = "estimated_time_to_regain_access"
_FULL: Final = 100
_APP_WINDOW: Final = timedelta(hours=1)
"""Budgets of applications and users are counted over a rolling hour."""


def pause(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """The wait that an answer asks for: `Retry-After`, else the longest of its budgets; None where it asks none."""
    stated = retry_after(headers, now)
    if stated is not None:
        return stated
    return business_pause(headers) or app_pause(headers)


def business_pause(headers: Mapping[str, str]) -> timedelta | None:
    """The longest wait that the budgets of an account ask for; None where they ask none."""
    minutes = [minute for minute in _minutes(_read(headers.get(_BUSINESS))) if minute > 0]
    return min(timedelta(minutes=min(max(minutes), LONGEST.total_seconds() / 60)), LONGEST) if minutes else None


def app_pause(headers: Mapping[str, str]) -> timedelta | None:
    """The wait where the budget of the application is used up; None where it is not."""
    used = _read(headers.get(_APP))
    shares = [value for value in used.values() if _number(value)] if isinstance(used, Mapping) else []
    return _APP_WINDOW if shares and max(shares) >= _FULL else None


def _minutes(said: Any) -> Iterator[float]:
    for uses in said.values() if isinstance(said, Mapping) else ():
        for use in uses if isinstance(uses, list) else ():
            minute = use.get(_REGAIN) if isinstance(use, Mapping) else None
            if isinstance(minute, int | float) and _number(minute):
                yield float(minute)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _read(header: str | None) -> Any:
    try:
        return orjson.loads(header) if header else None
    except orjson.JSONDecodeError:
        return None
