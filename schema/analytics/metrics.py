"""Metrics: what became of posts out there, as the platforms tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime

import strawberry

from app.domain.connections.errors import UnknownPlatform
from app.domain.figures.model import Collection, CollectionRun, PostFigures, Source
from app.domain.figures.totals import Total, Totals, add, change, of_rows
from connectors.metric_names import METRICS, MetricKind, MetricName, MetricUnit
from schema.node import encode
from schema.traversal import LOADERS, derived
from schema.words import offer

offer(MetricName, "What is counted. docs/metrics.md says what each platform calls it.")
offer(MetricUnit, "What one of it is.")
offer(MetricKind, "How a figure relates to time.")
offer(Source, "How figures were asked for.", name="SyncSource")

RATE = (
    "Engagement rate: (likes + comments + shares) / reach, over the posts that give all four. Null where none does, "
    "as on platforms that do not tell a reach, or where the reach is 0."
)


@strawberry.type(description="One metric over one or more posts. What no platform gave is null and never 0.")
class Metric:
    """A metric."""

    total: strawberry.Private[Total]
    metric: MetricName = strawberry.field(description="What is counted.")
    unit: MetricUnit = strawberry.field(description="What one of it is.")
    adds_up: bool = strawberry.field(
        description="Whether the sum over posts counts nothing twice; people who saw two posts are counted at each."
    )
    value: float | None = strawberry.field(
        description="The newest figure, summed over the posts that have it; of averages the mean. Whole numbers."
    )
    posts: int = strawberry.field(description="How many posts it rests on; each part of a thread is one.")
    out_of: int = strawberry.field(description="How many posts there are.")
    missing_on: list[str] = strawberry.field(
        description="Platforms, by key, that have posts here and gave this for none: the sum is without them."
    )
    complete: bool = strawberry.field(
        description="Whether every post has it, and each platform gave all it was asked for at the last look."
    )
    oldest_at: datetime | None = strawberry.field(description="When the oldest figure in it was told.")
    newest_at: datetime | None = strawberry.field(description="When the newest figure in it was told.")

    @derived("What it is for the period of the same length before; null where that is not known or not asked.")
    def previous(self) -> float | None:
        """The period before."""
        return self.total.previous

    @derived("By how much it differs from the period before; null where either is not known.")
    def change(self) -> float | None:
        """The difference."""
        return change(self.total.value, self.total.previous)[0]

    @derived("The change as a share of the period before; null also where that was 0.")
    def change_ratio(self) -> float | None:
        """The share."""
        return change(self.total.value, self.total.previous)[1]

    @classmethod
    def of(cls, total: Total) -> Metric:
        """A total."""
        declared = METRICS[total.metric]
        return cls(
            total=total,
            metric=total.metric,
            unit=declared.unit,
            adds_up=declared.adds_up,
            value=total.value,
            posts=total.posts,
            out_of=total.of,
            missing_on=list(total.missing_on),
            complete=total.complete,
            oldest_at=total.oldest,
            newest_at=total.newest,
        )


@strawberry.type(description="What became of one or more posts out there, as the platforms told it last.")
class Metrics:
    """Metrics."""

    posts: int = strawberry.field(description="How many posts are out; each part of a thread is one.")
    measured: int = strawberry.field(description="Of how many the platforms have told anything yet.")
    missing: int = strawberry.field(
        description="About how many the platform says nothing any more: deleted there, or not shown to us."
    )
    figures: list[Metric] = strawberry.field(description="Every metric that one of the platforms gives.")
    engagement_rate: float | None = strawberry.field(description=RATE)
    rated_posts: int = strawberry.field(description="How many posts the engagement rate rests on.")

    @classmethod
    def of(cls, totals: Totals) -> Metrics:
        """Totals."""
        return cls(
            posts=totals.posts,
            measured=totals.measured,
            missing=totals.missing,
            figures=[Metric.of(total) for total in totals.totals],
            engagement_rate=totals.rate,
            rated_posts=totals.rated,
        )


@strawberry.type(description="One metric of an account.")
class AccountMetric:
    """A metric of an account."""

    metric: MetricName = strawberry.field(description="What is counted.")
    unit: MetricUnit = strawberry.field(description="What one of it is.")
    kind: MetricKind = strawberry.field(description="Whether it is how things stand, or what came within a day.")
    value: float | None = strawberry.field(description="The newest figure; null where the platform did not give it.")


@strawberry.type(description="The newest figures of an account, and when they are looked at.")
class AccountMetrics:
    """An account's metrics."""

    figures: list[AccountMetric] = strawberry.field(description="Every metric that the platform gives of accounts.")
    measured_at: datetime | None = strawberry.field(description="When they were told; null: not yet.")
    complete: bool = strawberry.field(description="Whether the platform gave all that it was asked for.")
    next_at: datetime = strawberry.field(description="When figures of the account or of its posts are due next.")
    history_from: datetime | None = strawberry.field(
        description="From when on the account's days are known; null where the platform tells none of the past."
    )

    @classmethod
    def of(cls, row: Collection, declared: Sequence[MetricName]) -> AccountMetrics:
        """A clock's row."""
        figures = []
        for name in (one for one in METRICS if one in declared or one in row.figures):
            metric = METRICS[name]
            kind = metric.of_account or MetricKind.GAUGE
            figures.append(AccountMetric(metric=name, unit=metric.unit, kind=kind, value=row.figures.get(name)))
        return cls(
            figures=figures,
            measured_at=row.measured_at,
            complete=row.complete,
            next_at=row.next_collect_at,
            history_from=row.history_from,
        )


@strawberry.type(description="One look at the figures of a connection.")
class SyncRun:
    """A run."""

    id: strawberry.ID = strawberry.field(description="Its id.")
    source: Source = strawberry.field(description="How figures were asked for.")
    started_at: datetime = strawberry.field(description="When it began.")
    ended_at: datetime | None = strawberry.field(
        description="When it ended; null while it runs, and where its worker died: the next run repeats it."
    )
    records: int = strawberry.field(description="How many figures it brought.")
    missing: int = strawberry.field(description="How many posts the platform said nothing about.")
    error: str | None = strawberry.field(description="Why it ended early, and what to do; null where it did not.")

    @classmethod
    def of(cls, row: CollectionRun) -> SyncRun:
        """A run's row."""
        error = None if row.error is None else f"{row.error['message']} {row.error.get('hint', '')}".strip()
        return cls(
            id=encode("SyncRun", row.id),
            source=row.source,
            started_at=row.started_at,
            ended_at=row.ended_at,
            records=row.records,
            missing=row.missing,
            error=error,
        )


async def metrics_of(loader: str, key: object) -> Metrics | None:
    """The newest metrics of a job or a post; None: nothing of it is out, or nobody has looked yet."""
    rows: Sequence[PostFigures] = await LOADERS.get().load(loader, key)
    if not rows:
        return None
    return Metrics.of(add(*of_rows(rows), await given_by(sorted({row.platform for row in rows}))))


async def given_by(platforms: Sequence[str]) -> Mapping[str, Sequence[MetricName]]:
    """Which metrics of posts each platform declares; none where its connector was taken out."""
    found: dict[str, Sequence[MetricName]] = {}
    for key in platforms:
        with suppress(UnknownPlatform):
            found[key] = tuple((await LOADERS.get().load("platforms", key)).figures.posts)
    return found
