"""The objective for punctuality: what is counted agrees with the rows; what people hold back is not against us."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.actions.jobs.settle import Settlement, settle
from app.domain.jobs.late import lateness
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobEvent
from app.domain.jobs.verdict import Verdict
from app.domain.punctuality.queries import Figures
from app.flows.health.read import read_health, read_installation
from app.flows.upkeep.gauges import measure
from app.flows.upkeep.punctuality import Standing, count, standing
from app.kernel import ids, metrics
from connectors.contract import PublishedRef
from tests.fixtures.world import World, now


@pytest.fixture(autouse=True)
async def alone(world: World) -> None:
    await world.owner.execute("DELETE FROM posts")
    await world.owner.execute("DELETE FROM punctuality")


async def published(world: World, **columns: object) -> Job:
    job = await world.sending()
    ref = PublishedRef(f"ref-{ids.new()}", "https://scripted.example/x")
    async with world.db.transaction(world.tenant) as session:
        await settle(session, Settlement(job.id, job.fence, 0, Verdict(JobEvent.PUBLISH), ref))
    if columns:
        await world.set(job.id, **columns)
    return await world.row(job.id)


async def counted(world: World) -> Standing:
    await count(world.rt)
    async with world.db.read(world.tenant) as session:
        return await standing(session, world.tenant, world.rt.settings.timing)


def ago(seconds: float) -> datetime:
    return now() - timedelta(seconds=seconds)


async def test_each_post_is_counted_once_as_its_row_says(world: World) -> None:
    rows = [await published(world) for _ in range(3)]
    rows.append(await published(world, due_at=ago(90)))
    held = await published(world, due_at=ago(900), owed_at=ago(5))  # a pause ended five seconds ago
    taken = await published(world, due_at=ago(300), processing_since=ago(290))  # accepted, and long in the works
    found = await published(world, due_at=ago(300), unknown_since=ago(295))  # its answer was lost, it was there
    for _ in range(2):  # counting again changes nothing
        seen = await counted(world)
    late = [row for row in (*rows, held, taken, found) if lateness(row) > 60]
    assert seen.figures == Figures(good=6, late=len(late)) == Figures(6, 1)
    assert seen.figures.achieved == pytest.approx(6 / 7)
    assert seen.burns == {name: pytest.approx((1 / 7) / 0.01) for name in ("1h", "6h")}
    assert seen.budget_left == pytest.approx(1 - (1 / 7) / 0.01)


async def test_a_missed_window_is_late_and_what_is_not_out_is_not_counted(world: World) -> None:
    missed, waiting, parked = await world.job(), await world.job(), await world.job()
    await world.set(missed.id, state="failed", wake_at=None, overdue_at=now())
    await world.set(parked.id, state="failed", wake_at=None)
    await world.set(waiting.id, due_at=ago(900))
    assert (await counted(world)).figures == Figures(good=0, late=1)


async def test_nothing_to_do_is_punctual(world: World) -> None:
    seen = await counted(world)
    assert (seen.figures.achieved, seen.budget_left, seen.burns) == (1.0, 1.0, {"1h": 0.0, "6h": 0.0})


async def test_the_spans_end_where_they_say(world: World) -> None:
    for hours, late in ((0.5, 1), (3, 2), (24, 4), (31 * 24, 8)):
        at = datetime.now(UTC) - timedelta(hours=hours)
        await world.owner.execute("INSERT INTO punctuality VALUES ($1, $2, 0, $3)", world.tenant, at, late)
    async with world.db.read(world.tenant) as session:
        seen = await standing(session, world.tenant, world.rt.settings.timing)
    assert seen.figures.late == 7
    assert seen.burns == {name: pytest.approx(100) for name in ("1h", "6h")}
    await world.owner.execute(
        "UPDATE punctuality SET good = 99 * late WHERE tenant_id = $1 AND at < $2", world.tenant, ago(7200)
    )
    async with world.db.read(world.tenant) as session:
        seen = await standing(session, world.tenant, world.rt.settings.timing)
    assert seen.burns == {"1h": pytest.approx(100), "6h": pytest.approx(3 / 201 / 0.01)}


async def test_a_scheduler_that_was_away_counts_what_it_has_missed(world: World) -> None:
    for minutes in (1, 45, 600):
        await published(world, published_at=ago(60 * minutes), due_at=ago(60 * minutes + 1))
    assert (await counted(world)).figures == Figures(good=3)


async def test_health_and_metrics_tell_it(world: World, stranger: World) -> None:
    await published(world)
    await published(stranger, due_at=ago(3600))
    await measure(world.rt)
    mine, whole = await read_health(world.rt, world.tenant), await read_installation(world.rt)
    assert mine.punctuality is not None
    assert whole is not None
    assert (mine.punctuality.figures, whole.punctuality.figures) == (Figures(1, 0), Figures(1, 1))
    assert (metrics.ACHIEVED._value.get(), metrics.OBJECTIVE._value.get()) == (0.5, 0.99)
    assert metrics.BURN.labels(window="1h")._value.get() == pytest.approx(50)
