"""What came of what was planned."""

from __future__ import annotations

from typing import Annotated

import strawberry

from app.flows.analytics import Granularity, read_figures
from resolvers.context import Info
from schema.analytics import Analytics, AnalyticsFilterInput, InstantRangeInput
from schema.scalars import TimeZone

Within = Annotated[
    InstantRangeInput, strawberry.argument(name="range", description="Which planned times: at most 366 days.")
]
Length = Annotated[Granularity, strawberry.argument(description="How long one period is.")]
Zone = Annotated[TimeZone, strawberry.argument(description="Whose calendar the periods follow.")]
Wanted = Annotated[
    AnalyticsFilterInput | None, strawberry.argument(name="filter", description="Which jobs; null means all.")
]


async def analytics(
    info: Info,
    within: Within,
    granularity: Length = Granularity.DAY,
    zone: Zone = TimeZone("UTC"),  # noqa: B008 -- a name, not a call with an effect
    wanted: Wanted = None,
) -> Analytics:
    """The figures."""
    span = (wanted or AnalyticsFilterInput()).span(within)
    return Analytics.of(await read_figures(info.context.rt, info.context.tenant, span, granularity, zone))
