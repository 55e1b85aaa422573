"""Analytics: what came of what was planned, from our own rows, and what became of it out there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import strawberry

from app.domain.figures.report import Grouping, Question
from app.domain.jobs.states import JobState
from app.domain.jobs.statistics import Count, Span
from app.domain.jobs.statistics import Lag as LagRow
from app.domain.posts.states import PostState
from app.domain.posts.statistics import Count as PostCounted
from app.flows.analytics import Figures, Granularity
from schema.analytics.report import Report
from schema.filters import keys, words
from schema.platforms import Platform
from schema.traversal import one
from schema.words import offer

C = TypeVar("C", Count, PostCounted)
K = TypeVar("K")

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


def question_of(span: Span, granularity: Granularity, zone: str, by: Grouping) -> Question:
    """The question for figures of the same span."""
    return Question(span.start, span.end, granularity.value, zone, by, span.platforms, span.connections)


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


@strawberry.type(description="How many posts are in one state.")
class PostCount:
    """A count."""

    state: PostState = strawberry.field(description="The state.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="The jobs and the posts that were planned in one period.")
class Period(JobCounts):
    """A period."""

    at: datetime = strawberry.field(description="Where the period begins.")
    posts: list[PostCount] = strawberry.field(description="Posts by state; states without any are left out.")


@dataclass(frozen=True, slots=True)
class Platformed:
    """What figures belong to."""

    platform: str


@strawberry.type(description="The jobs of one platform, and the posts that target it.")
class PlatformFigures(JobCounts):
    """A platform's figures."""

    row: strawberry.Private[Platformed]
    platform: Platform = one("platforms", by="platform", into="schema.platforms:Platform", description="The platform.")
    lag: Lag | None = strawberry.field(description="How late they went out; null when none did.")
    posts: list[PostCount] = strawberry.field(
        description="Posts by state; a post for several platforms counts at each. States without any are left out."
    )
    points: list[Period] = strawberry.field(
        description="Period by period, in order; periods with neither jobs nor posts are left out."
    )


@strawberry.type(
    description="What came of what was planned in a span of time, and what became of what went out in it. Counted from "
    "the rows when it is asked."
)
class Analytics(Report):
    """The figures."""

    totals: JobCounts = strawberry.field(description="All jobs together.")
    points: list[Period] = strawberry.field(
        description="Period by period, in order; periods with neither jobs nor posts are left out."
    )
    platforms: list[PlatformFigures] = strawberry.field(description="Platform by platform, by key.")
    posts: list[PostCount] = strawberry.field(description="Posts by state; states without any too.")
    lag: Lag | None = strawberry.field(description="How late jobs went out; null when none did.")

    @classmethod
    def of(cls, figures: Figures, question: Question) -> Analytics:
        """The flow's figures."""
        late = {row.platform: Lag.of(row) for row in figures.lags}
        jobs, shown = _by(_platform, figures.jobs), _by(_platform, figures.posts)
        platforms = sorted({key for key in (*jobs, *shown) if key is not None})
        return cls(
            question=question,
            totals=JobCounts(**tally(figures.jobs)),
            points=_periods(figures.jobs, shown[None]),
            platforms=[
                PlatformFigures(
                    row=Platformed(key),
                    lag=late.get(key),
                    posts=_posts(shown[key]),
                    points=_periods(jobs[key], shown[key]),
                    **tally(jobs[key]),
                )
                for key in platforms
            ],
            posts=_posts(shown[None], every=True),
            lag=late.get(None),
        )


def tally(counts: Iterable[Count]) -> dict[str, Any]:
    """Counts of jobs by state, and their sum."""
    found: Counter[JobState] = Counter()
    for counted in counts:
        found[counted.state] += counted.count
    return {"total": found.total(), **{state.value: found[state] for state in JobState}}


def _posts(counts: Iterable[PostCounted], *, every: bool = False) -> list[PostCount]:
    """Counts of posts by state; with `every` also states without any."""
    found: Counter[PostState] = Counter()
    for counted in counts:
        found[counted.state] += counted.count
    return [PostCount(state=state, count=found[state]) for state in PostState if every or found[state]]


def _periods(jobs: Iterable[Count], posts: Iterable[PostCounted]) -> list[Period]:
    planned, shown = _by(_at, jobs), _by(_at, posts)
    return [Period(at=at, posts=_posts(shown[at]), **tally(planned[at])) for at in sorted({*planned, *shown})]


def _at(count: Count | PostCounted) -> datetime:
    return count.at


def _platform(count: Count | PostCounted) -> str | None:
    return count.platform


def _by(key: Callable[[C], K], counts: Iterable[C]) -> defaultdict[K, list[C]]:
    found: defaultdict[K, list[C]] = defaultdict(list)
    for counted in counts:
        found[key(counted)].append(counted)
    return found
