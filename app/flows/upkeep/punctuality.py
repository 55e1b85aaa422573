"""The objective for punctuality: which share of the posts a platform has accepted within so many seconds of their time.

Each published job is counted once, in the stretch of five minutes in which it was published:

    lateness = (processing_since, else unknown_since, else published_at) - (owed_at, else due_at)

It is good where that is at most `POSTD_OBJECTIVE_SECONDS`. A job that missed its window with nothing but us in its way
counts as late. Not counted: the time before quiet hours, a pause, a lost access or a person's decision ended
(`owed_at`), and jobs that failed for the content's or the account's sake, were cancelled or are not out yet.

Stretches are counted from the rows again and again while they are new, so that a count that was interrupted heals.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.punctuality.queries import Figures, figures
from app.flows.runtime import Runtime
from app.kernel import metrics
from app.kernel.timing import Timing

STRETCH = timedelta(minutes=5)
HOUR, SIX_HOURS = timedelta(hours=1), timedelta(hours=6)
BURNS = {"1h": HOUR, "6h": SIX_HOURS}
"""Spans over which the burn of the budget is measured."""
ALONE = text("SELECT pg_try_advisory_xact_lock(hashtextextended('punctuality', 0))")
COUNT = text(
    """
    WITH since AS MATERIALIZED (
        SELECT greatest((SELECT max(at) FROM punctuality) - 2 * cast(:stretch AS interval),
                        statement_timestamp() - cast(:span AS interval)) AS at
    ), ended AS (
        SELECT tenant_id, published_at AS at,
               coalesce(processing_since, unknown_since, published_at) - coalesce(owed_at, due_at) <= :objective AS good
        FROM jobs WHERE published_at >= date_bin(:stretch, (SELECT at FROM since), 'epoch')
        UNION ALL
        SELECT tenant_id, overdue_at, false FROM jobs
        WHERE overdue_at >= date_bin(:stretch, (SELECT at FROM since), 'epoch')
    )
    INSERT INTO punctuality (tenant_id, at, good, late)
    SELECT tenant_id, date_bin(:stretch, at, 'epoch') AS begin, count(*) FILTER (WHERE good),
           count(*) FILTER (WHERE NOT good)
    FROM ended GROUP BY tenant_id, begin
    ON CONFLICT (tenant_id, at) DO UPDATE SET good = excluded.good, late = excluded.late
    """
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with the objective."""

    target: float
    """The share that is meant to be in time."""
    seconds: float
    span: timedelta
    figures: Figures
    """Over the whole span."""
    burns: dict[str, float]
    """How fast the budget is used up, by span: at 1 it lasts exactly as long as the objective's span."""

    @property
    def budget_left(self) -> float:
        """The share of the late posts that the objective allows which is left; below 0 it is broken."""
        return 1 - _burn(self.figures, self.target)


async def count(rt: Runtime) -> None:
    """Count the stretches that are new; does nothing while another process does."""
    timing = rt.settings.timing
    objective = timedelta(seconds=timing.objective_seconds)
    async with rt.db.system() as session:
        if await session.scalar(ALONE):
            span = timing.objective_span
            await session.execute(COUNT, {"stretch": STRETCH, "span": span, "objective": objective})


async def standing(session: AsyncSession, tenant: UUID | None, timing: Timing) -> Standing:
    """How it stands for one workspace, or (in a system session) for all."""
    target = timing.objective_target
    whole, *parts = await figures(session, tenant, timing.objective_span, *BURNS.values())
    burns = {name: _burn(found, target) for name, found in zip(BURNS, parts, strict=True)}
    return Standing(target, timing.objective_seconds, timing.objective_span, whole, burns)


async def publish_gauges(rt: Runtime) -> None:
    """Set the gauges of the installation."""
    async with rt.db.system() as session:
        seen = await standing(session, None, rt.settings.timing)
    metrics.OBJECTIVE.set(seen.target)
    metrics.ACHIEVED.set(seen.figures.achieved)
    for name, burn in seen.burns.items():
        metrics.BURN.labels(window=name).set(burn)


def _burn(found: Figures, target: float) -> float:
    return (1 - found.achieved) / (1 - target)
