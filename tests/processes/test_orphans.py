"""One process is killed, and no other: what it had started does not go on working without it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

import psutil
import pytest

from app.boot.group import PATIENCE
from app.kernel.embedded.processes import ended
from tests.processes.installation import Installation
from tests.processes.parts import Part, free_port, start
from tests.processes.platforms import hit, release

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")


def family(part: Part) -> list[psutil.Process]:
    """The process and everything that it has started."""
    parent = psutil.Process(part.pid)
    return [parent, *parent.children(recursive=True)]


async def all_gone(processes: Sequence[psutil.Process], within: float = PATIENCE + 30) -> None:
    """Return once each of them has ended."""
    async with asyncio.timeout(within):
        while [one for one in processes if not ended(one)]:  # noqa: ASYNC110 -- not our children: they are looked at
            await asyncio.sleep(0.05)


async def connected(installation: Installation, *names: str) -> None:
    """Return once parts of these names use the database: they have come up whole."""
    query = """
        SELECT count(DISTINCT replace(application_name, '-system', '')) FROM pg_stat_activity
        WHERE datname = $1 AND replace(application_name, '-system', '') = ANY($2)
    """
    wanted = [f"postd-{name}" for name in names]
    async with installation.server() as server, asyncio.timeout(60):
        while await server.fetchval(query, installation.database, wanted) < len(wanted):  # noqa: ASYNC110 -- asked
            await asyncio.sleep(0.05)


@pytest.fixture
async def alone(running_installation: Installation) -> Installation:
    """Give the installation with nothing running: whoever is connected is the test's."""
    running_installation.end()
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND application_name ~ '^postd-[aws]'"
    async with running_installation.server() as server, asyncio.timeout(60):
        while await server.fetchval(query, running_installation.database):  # noqa: ASYNC110 -- it has to be asked
            await asyncio.sleep(0.05)
    return running_installation


@pytest.mark.parametrize(
    "command", [["worker"], ["api", "--reload"], ["worker", "--reload"], ["scheduler", "--reload"]], ids=" ".join
)
async def test_what_a_killed_process_has_started_ends(alone: Installation, command: list[str]) -> None:
    part = start(
        command[0], ["-m", "app.cli", *command], {**alone.environment, "POSTD_PORT": str(free_port())}, alone.folder
    )
    try:
        await connected(alone, command[0])
        relatives = family(part)
        assert len(relatives) >= 2
        relatives[0].kill()
        await all_gone(relatives)
    finally:
        part.kill()


async def test_a_worker_whose_parent_is_killed_finishes_what_it_does(alone: Installation) -> None:
    async with alone.workspace() as workspace:
        accounts = await workspace.both()
        held = await workspace.hold()
        alone.start("scheduler")
        worker = alone.start("worker")
        await workspace.schedule(["On its way"], accounts)
        await hit(held)
        parent, *children = family(worker)
        parent.kill()
        await all_gone([parent])
        await release(held, "act")
        await all_gone(children)
        await workspace.each_once()
        assert await workspace.outcomes() == [["publish"]] * 2


@pytest.mark.parametrize("victim", ["api", "scheduler"])
async def test_when_a_reloader_is_killed_nothing_of_dev_is_left(alone: Installation, victim: str) -> None:
    part = start("dev", ["-m", "app.cli", "dev"], {**alone.environment, "POSTD_PORT": str(free_port())}, alone.folder)
    try:
        await connected(alone, "api", "worker", "scheduler")
        relatives = family(part)
        (reloader,) = [one for one in psutil.Process(part.pid).children() if one.cmdline()[-2:] == [victim, "--reload"]]
        reloader.kill()
        await all_gone(relatives)
        assert part.ended(PATIENCE) == 1
    finally:
        part.kill()
