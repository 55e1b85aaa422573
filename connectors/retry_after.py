"""Reads how long a platform asks us to wait, from the headers that platforms use for it.

`Retry-After` (seconds or an HTTP date, RFC 9110 §10.2.3), `RateLimit-Reset` (Unix seconds at Bluesky, a count of
seconds in the IETF drafts), `X-RateLimit-Reset` (ISO 8601 at Mastodon, Unix seconds elsewhere).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

LONGEST: Final = timedelta(days=2)
"""Longer waits are taken as this one: a broken clock on their side must not park a post for years."""
EPOCH_FROM: Final = 1_000_000_000
"""A count of seconds that is larger is a moment, not a wait (it is 2001 as a moment, 31 years as a wait)."""
_HEADERS: Final = ("retry-after", "ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset")


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """The wait that the answer's headers (lower-case names) ask for: 0 s to `LONGEST`; None where they ask none.

    `now` is aware; the first readable header wins, `Retry-After` before the reset headers.
    """
    for name in _HEADERS:
        wait = _wait(headers.get(name, "").strip(), now)
        if wait is not None:
            return min(max(wait, timedelta()), LONGEST)
    return None


def _wait(value: str, now: datetime) -> timedelta | None:
    seconds = _seconds(value)
    if seconds is not None:
        return timedelta(seconds=min(seconds if seconds < EPOCH_FROM else seconds - now.timestamp(), 10**8))
    moment = _moment(value)
    return None if moment is None else moment - now


def _seconds(value: str) -> float | None:
    plain = value.isascii() and value.replace(".", "", 1).isdigit() and len(value) <= 20
    return float(value) if plain else None


def _moment(value: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(value)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None
