"""When figures are looked at: often at first, then daily, then no longer. Pure.

Promise: each post has at most one moment to come, whatever was missed; a look that comes late is made once and the
moments that passed meanwhile are not made up for. Daily looks of one connection share a moment, so that its posts are
asked for together; connections have their own places in the day, so that they do not come together.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

FIRST: Final = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
"""Looks after the publish, before the daily ones."""
LAST: Final = timedelta(days=90)
"""A post is watched for so long."""
DAY: Final = timedelta(days=1)
BACK_OFF: Final = timedelta(minutes=15)
"""The first wait after a run that failed; doubled each time, up to a day."""
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def next_look(published_at: datetime, now: datetime, place: float) -> datetime | None:
    """When a post that was just looked at is looked at again; None: no more. `place` is the connection's, 0 to 1."""
    for after in FIRST:
        if published_at + after > now:
            return published_at + after
    daily = next_daily(now, place)
    return daily if daily <= published_at + LAST else None


def next_daily(now: datetime, place: float) -> datetime:
    """The next time that the connection's place in the day comes round, after now."""
    first = EPOCH + DAY * place
    return first + DAY * ((now - first) // DAY + 1)


def back_off(failures: int) -> timedelta:
    """How long to wait after so many runs in a row that failed, 1 or more."""
    return min(BACK_OFF * 2.0 ** min(failures - 1, 10), DAY)
