"""Days of the past: fetched page by page, once, from where a broken page left off, and caught up with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.figures.accounts import of_accounts
from app.domain.figures.report import Question
from connectors.catalog import Catalog
from connectors.faults import FaultKind
from tests.app.flows.figures.desk import Desk
from tests.fixtures.scripted import Remembering, refusal
from tests.fixtures.world import World, now

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def midnight(days: int = 0) -> datetime:
    """The beginning of the day so many days ago."""
    return now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - days * DAY


@pytest.fixture
async def desk(world: World) -> Desk:
    """Give a connection on a platform that remembers the last 200 days, with as many views on each as its number."""
    platform = Remembering()
    platform.days = {midnight(days).date().isoformat(): days + 1 for days in range(200)}
    platform.account_figures = {"followers": 7, "views": 1}
    rt = replace(world.rt, catalog=Catalog([platform]))
    return await Desk.of(replace(world, rt=rt, platform=platform))


async def views(desk: Desk) -> list[int]:
    """The views of each known day, the oldest first."""
    return [value for metric, value in await desk.snapshots(desk.connection.id) if metric == "views"]


def platform(desk: Desk) -> Remembering:
    assert isinstance(desk.world.platform, Remembering)
    return desk.world.platform


async def test_ninety_days_come_in_pages_and_then_no_more(desk: Desk) -> None:
    await desk.look()
    assert len(await views(desk)) == 30  # and what the poll said of the last day is not counted twice
    runs = 0
    while runs < 10:
        await desk.after(MINUTE)
        runs += 1
        if (await desk.runs())[-1].source == "poll" or len(await desk.runs()) < runs + 1:
            break
    assert [run.source for run in await desk.runs()] == ["poll", "backfill", "backfill"]
    assert await views(desk) == list(range(90, 0, -1))
    assert len(platform(desk).asked) == 3
    assert all(until - since <= 32 * DAY for since, until in platform(desk).asked)
    clock = await desk.clock()
    assert clock is not None
    assert clock.history_from == midnight(90)
    assert clock.next_collect_at == clock.account_due_at


async def test_a_page_that_failed_is_asked_for_again(desk: Desk) -> None:
    await desk.look()
    # The account's own place in the day may be just now.
    await desk.world.owner.execute(
        "UPDATE figure_collections SET account_due_at = account_due_at + interval '12 hours'"
    )
    platform(desk).on_days.append(refusal(FaultKind.NO_ANSWER))
    await desk.after(MINUTE)
    failed = (await desk.runs())[-1]
    assert (failed.source, failed.records) == ("backfill", 0)
    assert failed.error is not None
    before = platform(desk).asked[-1]
    await desk.after(16 * MINUTE)
    assert platform(desk).asked[-1] == before
    assert len(await views(desk)) == 60


async def test_days_are_restated_and_gaps_are_closed(desk: Desk) -> None:
    for _ in range(4):
        await desk.after(MINUTE)
    known = platform(desk).days
    known[midnight().date().isoformat()] = 500
    for days in range(1, 51):
        known[(midnight() + days * DAY).date().isoformat()] = 1000 + days
    await desk.after(50 * DAY)
    await desk.after(MINUTE)
    await desk.after(MINUTE)
    found = await views(desk)
    expected = [*range(90, 1, -1), 500, *range(1001, 1051)]
    assert found[-140:] == expected


async def test_a_sum_of_days_says_when_one_is_missing(desk: Desk) -> None:
    del platform(desk).days[midnight(1).date().isoformat()]
    await desk.look()
    question = Question(midnight(3), midnight(), "day", "UTC", connections=(desk.connection.id,))
    async with desk.world.db.read(desk.world.tenant) as session:
        found = {one.metric.value: one for one in await of_accounts(session, question)}
    assert (found["views"].value, found["views"].complete) == (1 + 3, False)
    assert found["views"].previous == 4 + 5 + 6
