"""Analytics: what came of what was planned, from our own rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import strawberry

from app.domain.jobs.states import JobState
from app.domain.jobs.statistics import Count, Span
from app.domain.jobs.statistics import Lag as LagRow
from app.domain.posts.states import PostState
from app.flows.analytics import Figures, Granularity
from schema.filters import keys, words
from schema.platforms import Platform
from schema.traversal import one
from schema.words import offer

offer(Granularity, "How long one period is. Periods begin where they begin on the calendar of the zone.")


@strawberry.input(name="InstantRange", description="A span of time.")
class InstantRangeInput:
    """A span."""

    start: datetime = strawberry.field(name="from", description="Where it begins, included.")
    end: datetime = strawberry.field(name="to", description="Where it ends, not included.")


@strawberry.input(name="AnalyticsFilter", description="Which jobs are counted. What is not stated does not narrow.")
class AnalyticsFilterInput:
    """A filter."""

    platforms: list[str] | None = strawberry.field(default=None, description="On one of these platforms, by key.")
    connections: list[strawberry.ID] | None = strawberry.field(
        default=None, description="For one of these connections."
    )

    def span(self, within: InstantRangeInput) -> Span:
        """As the application takes it."""
        return Span(within.start, within.end, words(self.platforms), keys(self.connections, "Connection"))


@strawberry.type(description="How late jobs went out, in seconds from the planned time to the publish.")
class Lag:
    """Percentiles."""

    count: int = strawberry.field(description="How many jobs were measured.")
    p50: float = strawberry.field(description="Half of them were not later than this.")
    p95: float = strawberry.field(description="95 of 100 were not later than this.")
    p99: float = strawberry.field(description="99 of 100 were not later than this.")

    @classmethod
    def of(cls, row: LagRow) -> Lag:
        """A measured lag."""
        return cls(count=row.count, p50=row.p50, p95=row.p95, p99=row.p99)


@strawberry.type(description="How many jobs are in which state.")
class JobCounts:
    """Counts."""

    total: int = strawberry.field(description="All of them.")
    scheduled: int = strawberry.field(description="Waiting for their time.")
    parked: int = strawberry.field(description="Waiting for a condition.")
    publishing: int = strawberry.field(description="Being published.")
    processing: int = strawberry.field(description="Being worked on by the platform.")
    retrying: int = strawberry.field(description="Waiting to be tried again.")
    unknown: int = strawberry.field(description="Sent, without an answer yet.")
    needs_review: int = strawberry.field(description="Waiting for a person.")
    published: int = strawberry.field(description="Out.")
    failed: int = strawberry.field(description="Not out, with the reason.")
    cancelled: int = strawberry.field(description="Not out, as asked.")


@strawberry.type(description="The jobs that were planned in one period.")
class Period(JobCounts):
    """A period."""

    at: datetime = strawberry.field(description="Where the period begins.")


@dataclass(frozen=True, slots=True)
class Platformed:
    """What figures belong to."""

    platform: str


@strawberry.type(description="The jobs of one platform.")
class PlatformFigures(JobCounts):
    """A platform's figures."""

    row: strawberry.Private[Platformed]
    platform: Platform = one("platforms", by="platform", into="schema.platforms:Platform", description="The platform.")
    lag: Lag | None = strawberry.field(description="How late they went out; null when none did.")


@strawberry.type(description="How many posts are in one state.")
class PostCount:
    """A count."""

    state: PostState = strawberry.field(description="The state.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="What came of what was planned in a span of time. Counted from the rows when it is asked.")
class Analytics:
    """The figures."""

    totals: JobCounts = strawberry.field(description="All jobs together.")
    points: list[Period] = strawberry.field(
        description="Period by period, in order; periods without jobs are left out."
    )
    platforms: list[PlatformFigures] = strawberry.field(description="Platform by platform, by key.")
    posts: list[PostCount] = strawberry.field(description="Posts by state; states without any too.")
    lag: Lag | None = strawberry.field(description="How late jobs went out; null when none did.")

    @classmethod
    def of(cls, figures: Figures) -> Analytics:
        """The flow's figures."""
        late = {row.platform: Lag.of(row) for row in figures.lags}
        periods = sorted({count.at for count in figures.jobs})
        platforms = sorted({count.platform for count in figures.jobs})
        return cls(
            totals=JobCounts(**tally(figures.jobs)),
            points=[Period(at=at, **tally(one for one in figures.jobs if one.at == at)) for at in periods],
            platforms=[
                PlatformFigures(
                    row=Platformed(key), lag=late.get(key), **tally(one for one in figures.jobs if one.platform == key)
                )
                for key in platforms
            ],
            posts=[PostCount(state=state, count=figures.posts.get(state, 0)) for state in PostState],
            lag=late.get(None),
        )


def tally(counts: Iterable[Count]) -> dict[str, Any]:
    """Counts by state, and their sum."""
    found: Counter[JobState] = Counter()
    for counted in counts:
        found[counted.state] += counted.count
    return {"total": found.total(), **{state.value: found[state] for state in JobState}}
