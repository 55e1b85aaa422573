"""Budgets in the headers of an answer: how long to leave a platform alone, also where the answer was a success.

Sources: https://docs.bsky.app/docs/advanced-guides/rate-limits (`RateLimit-Remaining`),
https://docs.joinmastodon.org/api/rate-limits (`X-RateLimit-Remaining`),
https://developers.facebook.com/docs/graph-api/overview/rate-limiting (`X-App-Usage`, `X-Business-Use-Case-Usage`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from connectors.meta import usage
from connectors.retry_after import retry_after

_REMAINING: Final = ("ratelimit-remaining", "x-ratelimit-remaining", "x-rate-limit-remaining")


@dataclass(frozen=True, slots=True)
class Spent:
    """A budget that is used up."""

    wait: timedelta
    shared: bool
    """Whether it is the whole application's and not the account's."""


def spent(headers: Mapping[str, str], now: datetime, *, effect: bool) -> Spent | None:
    """The budget that an answer (lower-case header names) says is used up; None where it says of none.

    Counts of requests belong to the route that was asked: only those of the irreversible request (`effect`) are read.
    """
    app, business = usage.app_pause(headers), usage.business_pause(headers)
    if app is not None:
        return Spent(app, shared=True)
    if business is not None:
        return Spent(business, shared=False)
    if effect and any(headers.get(name, "").strip() == "0" for name in _REMAINING):
        wait = retry_after(headers, now)
        return None if wait is None else Spent(wait, shared=False)
    return None
