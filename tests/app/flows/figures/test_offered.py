"""Figures take little of a worker, and only what the scheduler offers."""

from __future__ import annotations

from datetime import timedelta

from app.flows.figures.turns import Turns
from app.flows.upkeep.prune import prune
from app.services.wakeups import WakeUp
from tests.app.flows.figures.desk import Desk
from tests.fixtures.world import TIMING, World
from workers import queues
from workers.scheduler import FIGURES_AT_ONCE, scan_figures


class Sent:
    """Takes wake-ups in place of a broker."""

    def __init__(self, waiting: int = 0) -> None:
        self.waiting = waiting
        self.sent: list[WakeUp] = []

    async def backlog(self, queue: str) -> int:
        assert queue == queues.ANALYTICS
        return self.waiting

    async def send(self, messages: list[WakeUp]) -> int:
        self.sent += messages
        return len(messages)


def test_a_quarter_of_the_threads_and_always_one_looks_at_figures() -> None:
    for threads, most in ((1, 1), (3, 1), (8, 2), (16, 4)):
        turns = Turns(threads)
        held = [turns.turn() for _ in range(most + 1)]
        assert [turn.__enter__() for turn in held] == [True] * most + [False]
        held[-1].__exit__(None, None, None)
        held[0].__exit__(None, None, None)
        with turns.turn() as room:
            assert room


async def test_the_scheduler_offers_new_connections_once(world: World) -> None:
    connection, sent = await world.connection(), Sent()
    pause = await scan_figures(world.rt, sent)  # type: ignore[arg-type]  # the part of it that is used
    assert pause == world.rt.settings.timing.figures_scan
    ids = (str(world.tenant), str(connection.id))
    assert [wake for wake in sent.sent if wake.ids == ids] == [WakeUp("analytics", "analytics.collect", ids)]
    sent.sent.clear()
    await scan_figures(world.rt, sent)  # type: ignore[arg-type]  # the same
    assert [wake for wake in sent.sent if wake.ids == ids] == []


async def test_nothing_is_offered_while_enough_waits(world: World) -> None:
    await world.connection()
    sent = Sent(FIGURES_AT_ONCE)
    await scan_figures(world.rt, sent)  # type: ignore[arg-type]  # the same
    assert sent.sent == []


async def test_old_snapshots_and_runs_go_and_the_newest_figures_stay(world: World) -> None:
    world.platform.account_figures = {"followers": 7}
    desk = await Desk.of(world)
    await desk.look()
    old = timedelta(days=3 * 365)
    await world.owner.execute("UPDATE figure_snapshots SET at = at - $1::interval", old)
    await world.owner.execute("UPDATE collection_runs SET started_at = started_at - $1::interval", old)
    found = {one.table: one.rows for one in await prune(world.db, TIMING)}
    assert (found["figure_snapshots"], found["collection_runs"]) == (1, 1)
    clock = await desk.clock()
    assert clock is not None
    assert (clock.figures, await desk.snapshots(desk.connection.id), await desk.runs()) == ({"followers": 7}, [], [])
