"""Many jobs on many accounts while schedulers die, Redis forgets and the database hangs up: each is out once."""

from __future__ import annotations

import asyncio

from app.domain.jobs.states import JobState
from tests.processes.installation import Installation
from tests.processes.workspace import Workspace

UNHURRIED = {"POSTD_LEASE": "30", "POSTD_LEASE_MARGIN": "5"}
"""No worker is taken for dead because the machine is busy."""


async def crowd(workspace: Workspace, accounts: int, jobs: int, *, wait: float = 0) -> None:
    """Schedule posts over fresh accounts, half of them on each platform."""
    platforms = ("bluesky", "mastodon")
    made = [await workspace.connect(platforms[number % 2]) for number in range(accounts)]
    for number in range(jobs // accounts):
        await workspace.schedule([f"Number {number}"], made, wait=wait)
    assert len(workspace.wanted) == jobs


async def test_a_scheduler_that_died_is_followed_by_another(installation: Installation, workspace: Workspace) -> None:
    await crowd(workspace, 4, 12, wait=1.5)
    installation.one("scheduler").kill()
    await workspace.becomes(lambda rows: all(row.due_at < workspace.rt.clock.now() for row in rows))
    assert {row.state for row in await workspace.jobs()} == {JobState.SCHEDULED}
    installation.start("scheduler")
    await workspace.each_once()
    assert await workspace.outcomes() == [["publish"]] * 12


async def test_two_schedulers_and_two_workers_do_no_more_than_one(
    installation: Installation, workspace: Workspace
) -> None:
    installation.one("worker").kill()
    for _ in range(2):
        installation.start("worker", UNHURRIED)
    first = installation.one("scheduler")
    installation.start("scheduler")
    await crowd(workspace, 10, 100)
    await workspace.published(30)
    first.kill()
    installation.start("scheduler")
    await workspace.each_once()
    assert await workspace.requests() == [10] * 10
    assert await workspace.outcomes() == [["publish"]] * 100


async def test_redis_forgets_everything_five_times(installation: Installation, workspace: Workspace) -> None:
    await crowd(workspace, 10, 60)
    for out in (5, 15, 25, 35, 45):
        await workspace.published(out)
        await installation.flush_redis()
    await workspace.each_once()


async def test_the_database_hangs_up_five_times(installation: Installation, workspace: Workspace) -> None:
    await crowd(workspace, 10, 40)
    for out in (3, 10, 17, 24, 31):
        await workspace.published(out)
        assert await installation.hang_up() > 0
    await workspace.each_once()


async def test_the_database_is_away_for_a_while(installation: Installation, workspace: Workspace) -> None:
    await crowd(workspace, 10, 40)
    await workspace.published(10)
    async with installation.database_away():
        # No longer than the workers' lease: what a platform has answered meanwhile is written down afterwards.
        await asyncio.sleep(1)
    await workspace.each_once()
