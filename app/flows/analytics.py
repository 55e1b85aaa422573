"""What came of what was planned: counts of posts and jobs, and how late they went out, all from our own rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from app.domain.jobs.statistics import Count, Lag, Span, counts, lags
from app.domain.posts import statistics as posts
from app.domain.posts.queries import PostFilter
from app.flows.runtime import Runtime
from app.kernel.errors import InvalidInput

LONGEST = timedelta(days=366)
MOST_HOURS = timedelta(days=31)


class Granularity(StrEnum):
    """How long one period is. Periods begin where they begin on the calendar of the zone."""

    HOUR = "hour"
    """An hour."""
    DAY = "day"
    """A day."""
    WEEK = "week"
    """A week, from Monday."""
    MONTH = "month"
    """A calendar month."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a span of time."""

    posts: Sequence[posts.Count]
    jobs: Sequence[Count]
    lags: Sequence[Lag]


async def read_figures(rt: Runtime, tenant: UUID, span: Span, granularity: Granularity, zone: str) -> Figures:
    """The figures of what was planned in a span, as of one moment.

    Raises:
        InvalidInput: the span is empty or too long, or there is no such zone.
    """
    length = span.end - span.start
    longest = MOST_HOURS if granularity is Granularity.HOUR else LONGEST
    if not timedelta() < length <= longest:
        raise InvalidInput(
            f"The range must be longer than nothing and at most {longest.days} days.",
            hint="Ask for a shorter range, or for longer periods.",
            path=("range",),
        )
    if not known(zone):
        raise InvalidInput(
            f"There is no time zone {zone!r}.", hint="Use an IANA name such as Europe/Berlin.", path=("zone",)
        )
    planned = PostFilter(
        due_from=span.start, due_until=span.end, platforms=span.platforms, connections=span.connections
    )
    async with rt.db.snapshot(tenant) as session:
        return Figures(
            posts=await posts.counts(session, planned, granularity.value, zone),
            jobs=await counts(session, span, granularity.value, zone),
            lags=await lags(session, span),
        )


def known(zone: str) -> bool:
    """Whether there is a zone of that name."""
    try:
        return ZoneInfo(zone) is not None
    except (KeyError, ValueError, OSError):
        return False
