"""Each process of an installation is killed once while posts are on their way, and started again.

In the end every post is out once, and a subscriber that resumes has seen every event once.
"""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.kernel.embedded.addresses import Addresses, read
from app.kernel.embedded.attach import attach
from app.kernel.embedded.folder import Folder
from app.kernel.embedded.stop import stop
from schema.events import cursor_of
from tests.app.kernel.embedded.folders import wait_until
from tests.processes.installation import Installation, installed
from tests.processes.parts import free_port
from tests.processes.platforms import hit, release
from tests.processes.serving import following, job_events, read_key, serving
from tests.processes.subscriber import Subscriber

VICTIMS = ["api", "worker", "scheduler", "sandbox", "postgres", "valkey", "keeper"]


@dataclass(slots=True)
class Household:
    """An installation with servers of its own, whose every process may be killed."""

    data: Path
    installation: Installation
    port: int
    holds: ExitStack

    @property
    def servers(self) -> Addresses | None:
        """The servers, while they answer."""
        return read(Folder(self.data))

    def kill(self, victim: str) -> None:
        """`kill -9`."""
        if victim in ("postgres", "valkey", "keeper"):
            servers = self.servers
            assert servers is not None
            os.kill(getattr(servers, f"{victim}_pid"), signal.SIGKILL)
        elif victim == "sandbox":
            self.installation.kill_sandbox()
        else:
            self.installation.one(victim).kill()

    async def start_again(self, victim: str, before: Addresses) -> None:
        """What brings it back: its keeper, or what an operator does. It works when this returns."""
        if victim == "api":
            await serving(self.installation, self.port)
        elif victim == "sandbox":
            await self.installation.sandbox_again()
        elif victim in ("worker", "scheduler"):
            self.installation.start(victim)
        else:
            await asyncio.to_thread(self._served_again, victim, before)

    def _served_again(self, victim: str, before: Addresses) -> None:
        if victim == "keeper":  # the next command starts another one, at the old addresses
            self.holds.enter_context(attach(self.data))
        else:
            wait_until(lambda: self.servers is not None and self.servers != before, f"the keeper starts {victim} again")
        now = self.servers
        assert now is not None
        assert getattr(now, f"{victim}_pid") != getattr(before, f"{victim}_pid")
        assert (now.database_url, now.redis_url) == (before.database_url, before.redis_url)


@pytest.fixture
async def household(tmp_path: Path) -> AsyncIterator[Household]:
    """Give an installation of its own with every part running; the servers keep what they were told."""
    # As root the servers are another user, who may not enter pytest's own folders.
    with tempfile.TemporaryDirectory(prefix="postd-household-") as name, ExitStack() as holds:
        os.chmod(name, 0o755)  # noqa: PTH101 -- it does not wait
        data = Path(name) / "data"
        holds.callback(stop, data)
        servers = holds.enter_context(await asyncio.to_thread(attach, data))
        async with installed(servers.database_url, servers.redis_url, tmp_path) as installation:
            household = Household(data, installation, free_port(), holds)
            await installation.crew()
            await serving(installation, household.port)
            yield household
            print(installation.words())  # noqa: T201 -- pytest shows it with a failure only


async def test_every_post_goes_out_once_whoever_is_killed(household: Household) -> None:
    async with household.installation.workspace() as workspace:
        accounts = await workspace.both()
        url = f"ws://127.0.0.1:{household.port}/graphql"
        subscriber = Subscriber(url, await read_key(workspace), cursor_of(workspace.tenant, 0))
        async with following(subscriber):
            for victim in VICTIMS:
                held = await workspace.hold()
                before = household.servers
                assert before is not None
                await workspace.schedule([f"Out although {victim} was killed"], accounts)
                await hit(held)
                household.kill(victim)
                if victim != "sandbox":  # what it held died with it
                    await release(held, "act")
                await household.start_again(victim, before)
            await workspace.each_once()
            wanted = await job_events(workspace)
            await subscriber.has(len(wanted))
        assert [(one["event"]["cursor"], one["event"]["type"]) for one in subscriber.seen] == wanted
        assert len(wanted) >= 2 * 2 * len(VICTIMS)
        assert subscriber.connections >= 2
