"""What came of what was planned."""

from __future__ import annotations

from typing import Annotated

import strawberry

from app.domain.figures.report import Grouping
from app.flows.analytics import Granularity, read_figures
from resolvers.context import Info
from schema.analytics.analytics import Analytics, AnalyticsFilterInput, InstantRangeInput, question_of
from schema.scalars import TimeZone

Within = Annotated[
    InstantRangeInput, strawberry.argument(name="range", description="Which planned times: at most 366 days.")
]
Length = Annotated[Granularity, strawberry.argument(description="How long one period is.")]
Zone = Annotated[TimeZone, strawberry.argument(description="Whose calendar the periods follow.")]
Wanted = Annotated[
    AnalyticsFilterInput | None, strawberry.argument(name="filter", description="Which jobs; null means all.")
]


By = Annotated[Grouping, strawberry.argument(description="What `groups` tells apart.")]


async def analytics(
    info: Info,
    within: Within,
    granularity: Length = Granularity.DAY,
    zone: Zone = TimeZone("UTC"),  # noqa: B008 -- a name, not a call with an effect
    wanted: Wanted = None,
    by: By = Grouping.PLATFORM,
) -> Analytics:
    """The figures."""
    span = (wanted or AnalyticsFilterInput()).span(within)
    figures = await read_figures(info.context.rt, info.context.tenant, span, granularity, zone)
    return Analytics.of(figures, question_of(span, granularity, zone, by))
