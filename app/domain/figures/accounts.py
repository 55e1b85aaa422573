"""Figures of accounts in a span of time, from snapshots: how they stand at its end, and what came within its days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.figures.report import MOST, Question
from app.services.db import tenant_of
from connectors.metric_names import METRICS, MetricKind, MetricName

GAUGES: Final = [name.value for name, metric in METRICS.items() if metric.of_account is MetricKind.GAUGE]
DELTAS: Final = [name.value for name, metric in METRICS.items() if metric.of_account is MetricKind.DELTA]
CLOCKS: Final = f"""
    clocks AS MATERIALIZED (
        SELECT connection_id, platform FROM figure_collections WHERE tenant_id = :tenant
          AND (CAST(:platforms AS varchar[]) IS NULL OR platform = ANY(CAST(:platforms AS varchar[])))
          AND (CAST(:connections AS uuid[]) IS NULL OR connection_id = ANY(CAST(:connections AS uuid[])))
        ORDER BY connection_id LIMIT {MOST})
"""  # noqa: S608 -- composed of words of its own
STANDS: Final = text(
    f"""
    WITH {CLOCKS}
    SELECT clocks.connection_id, clocks.platform, gauge.metric, now.value, now.at, before.value AS previous
    FROM clocks CROSS JOIN unnest(CAST(:gauges AS varchar[])) AS gauge (metric)
    JOIN LATERAL (SELECT value, at FROM figure_snapshots WHERE tenant_id = :tenant
        AND subject_id = clocks.connection_id AND figure_snapshots.metric = gauge.metric AND at < :end
        ORDER BY at DESC LIMIT 1) AS now ON true
    LEFT JOIN LATERAL (SELECT value FROM figure_snapshots WHERE tenant_id = :tenant
        AND subject_id = clocks.connection_id AND figure_snapshots.metric = gauge.metric AND at < :start
        ORDER BY at DESC LIMIT 1) AS before ON true
    """  # noqa: S608 -- the same
)
CAME: Final = text(
    f"""
    WITH {CLOCKS}
    SELECT clocks.connection_id, clocks.platform, metric,
           (sum(value) FILTER (WHERE at > :start))::bigint AS value, max(at) FILTER (WHERE at > :start) AS at,
           (sum(value) FILTER (WHERE at <= :start))::bigint AS previous,
           count(*) FILTER (WHERE at > :start) AS days
    FROM clocks JOIN figure_snapshots ON figure_snapshots.tenant_id = :tenant
        AND subject_id = clocks.connection_id AND metric = ANY(CAST(:deltas AS varchar[]))
        AND at > :before AND at <= :end
    GROUP BY clocks.connection_id, clocks.platform, metric
    """  # noqa: S608 -- the same
)


@dataclass(frozen=True, slots=True)
class AccountFigure:
    """One metric of one account in a span of time."""

    connection_id: UUID
    platform: str
    metric: MetricName
    value: int | None
    """At the end of the span, or the sum of its days; None: nothing is known."""
    at: datetime | None
    """The moment, or the end of the day, that is the newest in it."""
    previous: int | None
    """At the beginning of the span, or the sum of as many days before."""
    complete: bool
    """Whether no day of the span is missing, as far as they are over."""


async def of_accounts(session: AsyncSession, question: Question) -> Sequence[AccountFigure]:
    """The figures of accounts, by account and in the order of the vocabulary; what is not known has no row."""
    before = question.before()
    given = {
        "tenant": tenant_of(session),
        "start": question.start,
        "end": question.end,
        "platforms": None if question.platforms is None else list(question.platforms),
        "connections": None if question.connections is None else list(question.connections),
    }
    found: list[AccountFigure] = []
    for row in (await session.execute(STANDS, {**given, "gauges": GAUGES})).all():
        stands = (MetricName(row.metric), row.value, row.at, row.previous)
        found.append(AccountFigure(row.connection_id, row.platform, *stands, complete=True))
    days = (question.end - question.start) // timedelta(days=1)
    for row in (await session.execute(CAME, {**given, "deltas": DELTAS, "before": before.start})).all():
        came = (MetricName(row.metric), row.value, row.at, row.previous)
        found.append(AccountFigure(row.connection_id, row.platform, *came, complete=row.days >= days))
    order = list(METRICS)
    return sorted(found, key=lambda one: (one.connection_id, order.index(one.metric)))
