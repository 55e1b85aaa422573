"""`postd all` is asked to end while jobs are on their way: they are finished, it ends well, and nothing is twice."""

from __future__ import annotations

import psutil

from app.boot.group import PATIENCE
from app.domain.jobs.states import JobState
from tests.processes.installation import Installation
from tests.processes.parts import free_port
from tests.processes.platforms import hit, release


async def test_jobs_on_their_way_are_finished_and_the_rest_is_kept(running_installation: Installation) -> None:
    installation = running_installation
    installation.end()
    settings = {"POSTD_PORT": str(free_port())}
    async with installation.workspace() as workspace:
        accounts = await workspace.both()
        held = await workspace.hold()
        everything = installation.start("all", settings)
        await workspace.schedule(["On its way"], accounts)
        await hit(held)
        await workspace.schedule(["Waits for its turn"], accounts)
        await workspace.schedule(["Is due later"], accounts, wait=2)
        family = psutil.Process(everything.pid).children(recursive=True)
        assert len(family) >= 3
        everything.ask_to_end()
        await everything.says("Stopping worker process")
        await release(held, "act")
        assert everything.ended(PATIENCE + 5) == 0
        assert not [child for child in family if child.is_running()]
        states = [row.state for row in await workspace.in_order()]
        assert states[:2] == [JobState.PUBLISHED] * 2
        assert set(states[2:]) <= {JobState.SCHEDULED, JobState.PUBLISHED}
        assert all(len(tries) <= 1 for tries in await workspace.outcomes())

        await installation.crew()
        await workspace.each_once()
        assert await workspace.outcomes() == [["publish"]] * 6
        assert await workspace.requests() == [3, 3]
