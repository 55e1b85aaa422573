"""What became of the posts of a span of time: sums, groups, periods, the best posts and hours, the accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from app.domain.figures.accounts import AccountFigure
from app.domain.figures.report import LEAST, MOST, Asked, Group, Grouping, Part, Question, TopAsked
from app.domain.figures.report import Hour as HourRow
from app.domain.figures.totals import Totals, add, beside, change
from connectors.metric_names import METRICS, MetricKind, MetricName, MetricUnit
from schema.analytics.metrics import Metrics, given_by
from schema.connections.connection import Connection
from schema.node import encode
from schema.posts.post import Post
from schema.traversal import LOADERS, derived
from schema.words import offer

offer(Grouping, "What figures are told apart by.", name="AnalyticsBy")

NOTHING = Group(None, (), ())
TOP_MOST = 100


@strawberry.type(description="The posts of one group.")
class MetricGroup:
    """A group."""

    key: str | None = strawberry.field(
        description="The platform's key, the id of the account or of the post, or the label; null: posts without one."
    )
    metrics: Metrics = strawberry.field(description="What became of them, with the period before beside it.")


@strawberry.type(description="The posts that went out in one period.")
class MetricPeriod:
    """A period."""

    at: datetime = strawberry.field(description="Where the period begins.")
    metrics: Metrics = strawberry.field(description="What became of them since.")


@strawberry.type(description="One of the best posts by a metric.")
class TopPost:
    """A post with its figure."""

    value: float = strawberry.field(description="The metric that was asked for, over its jobs.")
    post: Post = strawberry.field(description="The post.")


@strawberry.type(description="One hour of the week, and how the posts did that went out in it.")
class PostingHour:
    """An hour."""

    weekday: int = strawberry.field(description="1 is Monday, 7 is Sunday, by the zone that was asked for.")
    hour: int = strawberry.field(description="0 to 23.")
    posts: int = strawberry.field(description="How many posts went out in it that tell likes, comments and shares.")
    engagements: float | None = strawberry.field(
        description=f"Likes, comments and shares, a post; null with fewer than {LEAST} posts, which say nothing."
    )

    @classmethod
    def of(cls, row: HourRow) -> PostingHour:
        """An hour's row."""
        mean = row.reactions / row.posts if row.posts >= LEAST else None
        return cls(weekday=row.weekday, hour=row.hour, posts=row.posts, engagements=mean)


@strawberry.type(description="One metric of an account in a span of time.")
class AccountTotal:
    """A metric."""

    metric: MetricName = strawberry.field(description="What is counted.")
    unit: MetricUnit = strawberry.field(description="What one of it is.")
    kind: MetricKind = strawberry.field(description="Whether `value` is how things stand at the end, or a sum of days.")
    value: float | None = strawberry.field(description="The figure; null where nothing is known.")
    previous: float | None = strawberry.field(
        description="How things stood at the beginning, or the sum of as many days before; null where not known."
    )
    change: float | None = strawberry.field(description="The difference; null where either is not known.")
    change_ratio: float | None = strawberry.field(description="As a share of `previous`; null also where that was 0.")
    complete: bool = strawberry.field(description="Whether no day of the span is missing.")
    at: datetime | None = strawberry.field(description="The newest moment, or the end of the newest day, in it.")

    @classmethod
    def of(cls, row: AccountFigure) -> AccountTotal:
        """A row."""
        metric, (by, ratio) = METRICS[row.metric], change(row.value, row.previous)
        return cls(
            metric=row.metric,
            unit=metric.unit,
            kind=metric.of_account or MetricKind.GAUGE,
            value=row.value,
            previous=row.previous,
            change=by,
            change_ratio=ratio,
            complete=row.complete,
            at=row.at,
        )


@strawberry.type(description="An account in a span of time.")
class AccountReport:
    """An account's figures."""

    connection: Connection = strawberry.field(description="The account.")
    figures: list[AccountTotal] = strawberry.field(description="Every metric of which something is known.")


@strawberry.type
class Report:
    """The fields of `Analytics` that platforms' figures are told in; each is read when it is asked for."""

    question: strawberry.Private[Question]

    @derived(
        "What became of the posts that went out in the range, all together, as it stands now: a post belongs to the "
        "range with everything that it has gathered since. The period of the same length before stands beside it."
    )
    async def metrics(self) -> Metrics:
        """All together."""
        found, before = await _read(self.question, Part.WHOLE), await _read(self.question.before(), Part.WHOLE)
        return Metrics.of(await _totals(next(iter(found), NOTHING), next(iter(before), NOTHING)))

    @derived(f"The same by what `by` names, those with most posts first, {MOST} at most.")
    async def groups(self) -> list[MetricGroup]:
        """The groups."""
        before = {group.key: group for group in await _read(self.question.before(), Part.GROUPS)}
        made = []
        for group in await _read(self.question, Part.GROUPS):
            totals = await _totals(group, before.get(group.key, NOTHING))
            made.append(MetricGroup(key=_shown(self.question.by, group.key), metrics=Metrics.of(totals)))
        return made

    @derived("Period by period, in order; periods in which nothing went out are left out.")
    async def series(self) -> list[MetricPeriod]:
        """The periods."""
        return [
            MetricPeriod(at=group.key, metrics=Metrics.of(await _totals(group)))
            for group in await _read(self.question, Part.PERIODS)
        ]

    @derived(f"The posts with the highest figures, {TOP_MOST} at most; posts of which nobody told it are left out.")
    async def top_posts(
        self,
        metric: Annotated[MetricName, strawberry.argument(description="By what.")] = MetricName.LIKES,
        first: Annotated[int, strawberry.argument(description="How many.")] = 10,
    ) -> list[TopPost]:
        """The best posts."""
        asked = TopAsked(self.question, metric, max(0, min(first, TOP_MOST)))
        found: Sequence[tuple[object, int]] = await LOADERS.get().load("top_posts", asked)
        rows = [(await LOADERS.get().load("posts", key), value) for key, value in found]
        return [TopPost(value=value, post=Post.of(row)) for row, value in rows if row is not None]

    @derived("How posts did by the hour of the week in which they went out, from own posts alone.")
    async def posting_hours(self) -> list[PostingHour]:
        """The hours, Monday first."""
        return [PostingHour.of(row) for row in await LOADERS.get().load("posting_hours", self.question)]

    @derived(f"The accounts of the filter, {MOST} at most: how they stand at the end, and what came within the days.")
    async def accounts(self) -> list[AccountReport]:
        """The accounts."""
        found: dict[object, list[AccountTotal]] = {}
        for row in await LOADERS.get().load("account_figures", self.question):
            found.setdefault(row.connection_id, []).append(AccountTotal.of(row))
        rows = [(await LOADERS.get().load("connections", key), figures) for key, figures in found.items()]
        return [AccountReport(connection=Connection.of(row), figures=figures) for row, figures in rows if row]


async def _read(question: Question, part: Part) -> Sequence[Group]:
    found: Sequence[Group] = await LOADERS.get().load("figure_groups", Asked(question, part))
    return found


async def _totals(now: Group, before: Group | None = None) -> Totals:
    given = await given_by(sorted({crowd.platform for crowd in now.crowds}))
    found = add(now.cells, now.crowds, given)
    return found if before is None else beside(found, add(before.cells, before.crowds, {}))


def _shown(by: Grouping, key: str | None) -> str | None:
    """A group's key as the API names such a thing."""
    kinds = {Grouping.CONNECTION: "Connection", Grouping.POST: "Post"}
    return key if key is None or by not in kinds else encode(kinds[by], key.replace("-", ""))
