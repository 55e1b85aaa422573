"""One worker, many jobs: a slow platform delays no other, and one workspace no other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from app.domain.jobs.model import Job
from app.domain.jobs.states import JobState
from app.flows.publishing.wake import wake
from app.services.bulkheads import Bulkheads
from connectors.catalog import Catalog
from tests.fixtures.scripted import CAPABILITIES, Scripted
from tests.fixtures.world import World

S = JobState
SLOTS = 8


class Slow(Scripted):
    """Answers when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.under_way = 0

    async def publish(self, cx: Any, access: Any, task: Any) -> Any:
        self.under_way += 1
        await self.gate.wait()
        self.under_way -= 1
        return await super().publish(cx, access, task)


@pytest.fixture
async def slow(world: World) -> AsyncIterator[Slow]:
    """Give a slow platform in place of the scripted one, a quick one beside it, and a worker of eight slots."""
    platform, quick = Slow(), Scripted(capabilities=replace(CAPABILITIES, key="quick"))
    world.rt = replace(world.rt, catalog=Catalog([platform, quick]), bulkheads=Bulkheads(SLOTS))
    yield platform
    platform.gate.set()


async def on_quick(world: World) -> Job:
    connection = await world.connection()
    await world.update("connections", connection.id, platform="quick")
    return await world.job(await world.connection_row(connection.id))


@asynccontextmanager
async def woken(world: World, jobs: list[Job], platform: Slow, held: int) -> AsyncIterator[None]:
    """Wake the jobs, and go on when so many of them are at the platform; all have ended in the end."""
    works = [asyncio.create_task(wake(world.rt, world.tenant, job.id, "w")) for job in jobs]
    async with asyncio.timeout(60):
        while platform.under_way < held or sum(work.done() for work in works) < len(jobs) - held:  # noqa: ASYNC110 -- it looks from outside
            await asyncio.sleep(0.01)
    yield
    platform.gate.set()
    await asyncio.gather(*works)


async def test_a_slow_platform_delays_no_other(world: World, slow: Slow) -> None:
    jobs, quick = [await world.job() for _ in range(12)], await on_quick(world)
    async with woken(world, jobs, slow, 6):
        await wake(world.rt, world.tenant, quick.id, "w")
        assert (await world.row(quick.id)).state is S.PUBLISHED
        assert slow.under_way == 6
    # Those that stood in the line were taken up by those that ended.
    assert {(await world.row(job.id)).state for job in jobs} == {S.PUBLISHED}
    assert len(slow.ledger) == 12


async def test_a_busy_workspace_delays_no_other(world: World, stranger: World, slow: Slow) -> None:
    stranger.rt = world.rt
    theirs = await on_quick(stranger)
    jobs = [await world.job() for _ in range(10)]
    async with woken(world, jobs, slow, 6):
        await wake(stranger.rt, stranger.tenant, theirs.id, "w")
        assert (await stranger.row(theirs.id)).state is S.PUBLISHED


async def test_a_line_that_grows_is_told_to_schedulers(world: World, slow: Slow) -> None:
    world.rt = replace(world.rt, bulkheads=Bulkheads(SLOTS, line=4))
    jobs = [await world.job() for _ in range(8)]
    async with woken(world, jobs, slow, 6):
        assert await world.rt.crowds.ask() == {"platform:scripted", f"tenant:{world.tenant}"}
    assert await world.rt.crowds.ask() == set()


async def test_a_wake_up_that_fails_keeps_no_slot(world: World, slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: Any, **__: Any) -> None:
        raise OSError("the database is away")

    job = await world.job()
    with monkeypatch.context() as patch:
        patch.setattr("app.flows.publishing.wake.claim_at_once", away)
        for _ in range(SLOTS + 1):
            with pytest.raises(OSError, match="away"):
                await wake(world.rt, world.tenant, job.id, "w")
    slow.gate.set()
    await wake(world.rt, world.tenant, job.id, "w")
    assert (await world.row(job.id)).state is S.PUBLISHED
