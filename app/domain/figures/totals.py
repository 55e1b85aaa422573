"""Arithmetic of figures that may be absent: sums over posts, and how they changed. Pure.

Promise: a figure that nobody gave is None and never 0; a sum says on how many posts it rests, which platforms are
missing from it, how old it is and whether it is whole. Nothing is divided by what is not there.
"""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from app.domain.figures.model import PostFigures
from connectors.metric_names import METRICS, MetricKind, MetricName

REACTIONS: Final = (MetricName.LIKES, MetricName.COMMENTS, MetricName.SHARES)
"""What the engagement rate counts, divided by the reach."""
RATED: Final = (*REACTIONS, MetricName.REACH)
"""What a post must give to have a part in the engagement rate."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One metric of some posts on one platform."""

    platform: str
    metric: str
    total: int
    posts: int
    """How many posts gave it."""
    oldest: datetime
    newest: datetime
    complete: bool


@dataclass(frozen=True, slots=True)
class Crowd:
    """Some posts on one platform; each part of a thread counts by itself."""

    platform: str
    posts: int
    measured: int
    """Of how many the platform has told any figures."""
    missing: int
    """About how many it says nothing any more."""
    rated: int = 0
    """How many give everything that the engagement rate needs."""
    reactions: int = 0
    reach: int = 0


@dataclass(frozen=True, slots=True)
class Total:
    """One metric over posts on several platforms."""

    metric: MetricName
    value: int | None
    """None: nobody gave it."""
    posts: int
    of: int
    missing_on: tuple[str, ...]
    """Platforms that have posts here and gave it for none of them."""
    complete: bool
    oldest: datetime | None
    newest: datetime | None
    previous: int | None = None
    """What it was in the period before; None: not known."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Every metric over some posts."""

    posts: int
    measured: int
    missing: int
    totals: tuple[Total, ...]
    rated: int
    rate: float | None
    """Likes, comments and shares, divided by the reach, of the posts that give all four."""


def add(cells: Sequence[Cell], crowds: Sequence[Crowd], given: Mapping[str, Some[MetricName]]) -> Totals:
    """Put platforms together. `given`: which metrics each platform declares; a metric of any of them is shown."""
    here = {crowd.platform: crowd for crowd in crowds}
    wanted = {name for platform in here for name in given.get(platform, ())}
    wanted |= {MetricName(cell.metric) for cell in cells}
    of = sum(crowd.posts for crowd in crowds)
    shown = [(name, [cell for cell in cells if cell.metric == name]) for name in METRICS if name in wanted]
    totals = tuple(_total(name, found, here, of) for name, found in shown)
    reach, reactions = sum(one.reach for one in crowds), sum(one.reactions for one in crowds)
    return Totals(
        posts=of,
        measured=sum(one.measured for one in crowds),
        missing=sum(one.missing for one in crowds),
        totals=totals,
        rated=sum(one.rated for one in crowds),
        rate=reactions / reach if reach else None,
    )


def beside(now: Totals, before: Totals) -> Totals:
    """The same with the values of another period beside them."""
    known = {total.metric: total.value for total in before.totals}
    return replace(now, totals=tuple(replace(total, previous=known.get(total.metric)) for total in now.totals))


def change(value: float | None, previous: float | None) -> tuple[float | None, float | None]:
    """By how much it changed, and by which share of what it was; None where either is not known."""
    if value is None or previous is None:
        return None, None
    return value - previous, (value - previous) / previous if previous else None


def of_rows(rows: Iterable[PostFigures]) -> tuple[list[Cell], list[Crowd]]:
    """The cells and crowds of single rows, as the database would sum them."""
    crowds: dict[str, Crowd] = {}
    cells: dict[tuple[str, str], Cell] = {}
    for row in rows:
        known = crowds.get(row.platform, Crowd(row.platform, 0, 0, 0))
        rated = all(name in row.figures for name in RATED)
        crowds[row.platform] = Crowd(
            row.platform,
            known.posts + 1,
            known.measured + (row.measured_at is not None),
            known.missing + (row.missing_since is not None),
            known.rated + rated,
            known.reactions + (sum(row.figures[name] for name in REACTIONS) if rated else 0),
            known.reach + (row.figures[MetricName.REACH] if rated else 0),
        )
        at = row.measured_at
        if at is None:
            continue
        for metric, value in row.figures.items():
            key = (row.platform, metric)
            cell = cells.get(key, Cell(row.platform, metric, 0, 0, at, at, complete=True))
            cells[key] = Cell(
                row.platform,
                metric,
                cell.total + value,
                cell.posts + 1,
                min(cell.oldest, at),
                max(cell.newest, at),
                complete=cell.complete and row.complete,
            )
    return list(cells.values()), list(crowds.values())


def _total(name: MetricName, cells: Sequence[Cell], here: Mapping[str, Crowd], of: int) -> Total:
    posts = sum(cell.posts for cell in cells)
    value = sum(cell.total for cell in cells) if posts else None
    if value is not None and METRICS[name].of_post is MetricKind.AVERAGE:
        value = round(value / posts)
    gave = {cell.platform for cell in cells}
    return Total(
        metric=name,
        value=value,
        posts=posts,
        of=of,
        missing_on=tuple(sorted(set(here) - gave)),
        complete=posts == of and all(cell.complete for cell in cells),
        oldest=min((cell.oldest for cell in cells), default=None),
        newest=max((cell.newest for cell in cells), default=None),
    )
