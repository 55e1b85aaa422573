"""Figures of the posts that went out in a span of time, as they stand now: summed, by group, by period, the best.

A post belongs to the period in which it went out, with everything that it has gathered since. So a period's figures
grow while its posts are watched, and the newest period is always the youngest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.figures.totals import RATED, REACTIONS, Cell, Crowd
from app.services.db import tenant_of
from connectors.metric_names import METRICS, MetricKind, MetricName

MOST: Final = 100
"""How many groups are told apart."""
LEAST: Final = 3
"""An hour of the week with fewer posts says nothing about what is a good time."""


class Grouping(StrEnum):
    """What figures are told apart by."""

    PLATFORM = "platform"
    """The platform."""
    CONNECTION = "connection"
    """The account."""
    LABEL = "label"
    """The label; a post with several counts at each, one without any counts at null."""
    POST = "post"
    """The post, the newest 100."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which posts: those that went out within an instant (included) and another (not)."""

    start: datetime
    end: datetime
    granularity: str
    """PostgreSQL's word: hour, day, week or month."""
    zone: str
    by: Grouping = Grouping.PLATFORM
    platforms: tuple[str, ...] | None = None
    connections: tuple[UUID, ...] | None = None

    def before(self) -> Question:
        """The same of the period of the same length before."""
        return replace(self, start=self.start - (self.end - self.start), end=self.start)


class Part(StrEnum):
    """How a report is cut."""

    WHOLE = "whole"
    PERIODS = "periods"
    GROUPS = "groups"


@dataclass(frozen=True, slots=True)
class Asked:
    """One cut of one report."""

    question: Question
    part: Part


@dataclass(frozen=True, slots=True)
class Group:
    """The posts of one period or group, by platform."""

    key: Any
    """A moment, or the group's own key; None where there is none."""
    cells: Sequence[Cell]
    crowds: Sequence[Crowd]

    @property
    def posts(self) -> int:
        """How many posts there are."""
        return sum(crowd.posts for crowd in self.crowds)


WHERE: Final = """
    tenant_id = :tenant AND published_at >= :start AND published_at < :end
    AND (CAST(:platforms AS varchar[]) IS NULL OR platform = ANY(CAST(:platforms AS varchar[])))
    AND (CAST(:connections AS uuid[]) IS NULL OR connection_id = ANY(CAST(:connections AS uuid[])))
"""
GROUPS: Final = {
    Grouping.PLATFORM: ("platform", ""),
    Grouping.CONNECTION: ("connection_id::text", ""),
    Grouping.LABEL: ("label.word", "LEFT JOIN LATERAL unnest(labels) AS label (word) ON true"),
    Grouping.POST: (
        "post_id::text",
        f"""JOIN (SELECT post_id FROM post_figures WHERE {WHERE} GROUP BY post_id
            ORDER BY max(published_at) DESC, post_id LIMIT {MOST}) AS newest USING (post_id)""",  # noqa: S608 -- composed of words of its own
    ),
}
"""What a group's key is, and what it takes to find it."""
REACTED: Final = " + ".join(f"(figures ->> '{name.value}')::bigint" for name in REACTIONS)
CELLS: Final = """
    SELECT part, platform, metric.key AS metric, sum(metric.value::bigint)::bigint AS total, count(*) AS posts,
           min(measured_at) AS oldest, max(measured_at) AS newest, bool_and(complete) AS complete
    FROM watched, LATERAL jsonb_each_text(figures) AS metric WHERE measured_at IS NOT NULL
    GROUP BY part, platform, metric.key ORDER BY part, platform, metric.key
"""
CROWDS: Final = f"""
    SELECT part, platform, count(*) AS posts, count(measured_at) AS measured, count(missing_since) AS missing,
           count(*) FILTER (WHERE rated) AS rated,
           coalesce(sum({REACTED}) FILTER (WHERE rated), 0)::bigint AS reactions,
           coalesce(sum((figures ->> 'reach')::bigint) FILTER (WHERE rated), 0)::bigint AS reach
    FROM watched GROUP BY part, platform ORDER BY part, platform
"""  # noqa: S608 -- composed of words of its own
TOP: Final = text(
    f"""
    SELECT post_id, CASE WHEN :mean THEN avg((figures ->> :metric)::bigint)
                         ELSE sum((figures ->> :metric)::bigint) END::bigint AS value
    FROM post_figures WHERE {WHERE} AND figures ? :metric AND measured_at IS NOT NULL
    GROUP BY post_id ORDER BY value DESC, post_id DESC LIMIT :first
    """  # noqa: S608 -- the same
)
HOURS: Final = text(
    f"""
    SELECT extract(isodow FROM local)::int AS weekday, extract(hour FROM local)::int AS hour, count(*) AS posts,
           sum(reacted)::bigint AS reactions
    FROM (SELECT published_at AT TIME ZONE :zone AS local, {REACTED} AS reacted FROM post_figures
          WHERE {WHERE} AND measured_at IS NOT NULL AND figures ?& CAST(:reactions AS text[])) AS told
    GROUP BY 1, 2 ORDER BY 1, 2
    """  # noqa: S608 -- the same
)


async def groups(session: AsyncSession, asked: Asked) -> Sequence[Group]:
    """The posts of a report, cut; periods in order, groups by how many posts they have, the most first."""
    watched, given = _watched(session, asked)
    cells: dict[Any, list[Cell]] = defaultdict(list)
    for row in (await session.execute(text(f"{watched} {CELLS}"), given)).all():
        cells[row.part].append(Cell(*row[1:]))
    crowds: dict[Any, list[Crowd]] = defaultdict(list)
    for row in (await session.execute(text(f"{watched} {CROWDS}"), given)).all():
        crowds[row.part].append(Crowd(*row[1:]))
    found = [Group(key, cells[key], crowd) for key, crowd in crowds.items()]
    if asked.part is Part.GROUPS:
        found.sort(key=lambda group: (-group.posts, str(group.key)))
        return found[:MOST]
    return sorted(found, key=lambda group: str(group.key))


@dataclass(frozen=True, slots=True)
class TopAsked:
    """Which posts are the best by one metric."""

    question: Question
    metric: MetricName
    first: int


async def top_posts(session: AsyncSession, asked: TopAsked) -> Sequence[tuple[UUID, int]]:
    """The posts with the highest figures, and the figures; posts that have none are left out."""
    mean = METRICS[asked.metric].of_post is MetricKind.AVERAGE
    given = _given(session, asked.question) | {"metric": asked.metric.value, "first": asked.first, "mean": mean}
    return [(row.post_id, row.value) for row in (await session.execute(TOP, given)).all()]


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the week."""

    weekday: int
    """1 is Monday."""
    hour: int
    posts: int
    reactions: int


async def hours(session: AsyncSession, question: Question) -> Sequence[Hour]:
    """The hours of the week at which posts went out that tell likes, comments and shares, by the question's zone."""
    given = _given(session, question) | {"zone": question.zone, "reactions": [name.value for name in REACTIONS]}
    return [Hour(*row) for row in (await session.execute(HOURS, given)).all()]


def _given(session: AsyncSession, question: Question) -> dict[str, Any]:
    return {
        "tenant": tenant_of(session),
        "start": question.start,
        "end": question.end,
        "platforms": None if question.platforms is None else list(question.platforms),
        "connections": None if question.connections is None else list(question.connections),
    }


def _watched(session: AsyncSession, asked: Asked) -> tuple[str, dict[str, Any]]:
    """The posts with their key, as the beginning of a statement, and its values."""
    question, given = asked.question, _given(session, asked.question)
    key, joined = {Part.WHOLE: ("''", "")}.get(asked.part, GROUPS[question.by])
    if asked.part is Part.PERIODS:
        key, joined = "date_trunc(:granularity, published_at, :zone)", ""
        given |= {"granularity": question.granularity, "zone": question.zone}
    names = ", ".join(f"'{name.value}'" for name in RATED)
    watched = f"""
        WITH watched AS (
            SELECT {key} AS part, platform, figures, measured_at, missing_since, complete,
                   measured_at IS NOT NULL AND figures ?& ARRAY[{names}] AS rated
            FROM post_figures {joined} WHERE {WHERE})
    """  # noqa: S608 -- the same
    return watched, given
