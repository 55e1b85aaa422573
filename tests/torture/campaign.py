"""A campaign: a workload and faults in an order that a seed decides; the same seed plays the same campaign.

What the seed fixes is every decision: which accounts post when, which fault follows which, for how long, on whom. The
machine decides how they interleave, so a failing seed may want several runs; it is printed with its decisions.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.exc import DBAPIError

from app.services.db import passing
from tests.torture.matrix import Say
from tests.torture.platforms import TARGETS
from tests.torture.proxy import Proxy
from tests.torture.stage import LEASE, Stage
from tests.torture.workload import Told, Workload

WORKSPACES: Final = 3
PLATFORM_FAULTS: Final = (
    {"kind": "drop_after_effect"},
    {"kind": "drop_before_effect"},
    {"kind": "error_after_effect", "status": 502},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 429, "headers": {"Retry-After": "1"}},
    {"kind": "wrong_json"},
    {"kind": "delay", "seconds": 1.5},
    {"kind": "drip", "seconds": 0.01},
)


@dataclass(slots=True)
class Campaign:
    """One campaign under way."""

    stage: Stage
    seed: int
    say: Say
    load: Workload = field(init=False)
    chance: random.Random = field(init=False)
    done: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.load = Workload(self.stage)
        self.chance = random.Random(self.seed)

    async def run(self, seconds: float) -> Told:
        """Play it for so long, then let all become quiet and check."""
        for _ in range(WORKSPACES):
            await self.load.open(list(TARGETS.values()))
        posting = asyncio.create_task(self._post(seconds, random.Random(self.seed + 1)))
        until = time.monotonic() + seconds
        acts: list[Callable[[], Awaitable[str]]] = [
            self._kill_worker,
            self._kill_scheduler,
            self._freeze_worker,
            self._reset,
            self._hole,
            self._flush,
            self._restart_postgres,
            self._trouble_platforms,
            self._trouble_platforms,
            self._trouble_platforms,
            self._reconnect,
        ]
        while time.monotonic() < until:
            what = await self.chance.choice(acts)()
            self.done.append(what)
            self.say(f"campaign {self.seed}: {what}")
            await asyncio.sleep(self.chance.uniform(0.2, 3))
        await posting
        await self.stage.platforms.ask("DELETE", "/faults")
        await self.stage.crew()
        quiet = await self.load.quiet()
        troubles = await self.load.troubles()
        await self.load.close()
        states = await self.load.count()
        return Told(troubles, round(quiet, 1), f"{len(self.load.marks)} posts, {len(self.done)} faults, {dict(states)}")

    async def _post(self, seconds: float, chance: random.Random) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            desk = chance.choice(self.load.desks)
            place = chance.choice(desk.places)
            try:
                await self.load.post(desk, [place], wait=chance.uniform(0, 4))
            except (DBAPIError, OSError) as error:
                if not passing(error):
                    raise
                self.say("a post was refused: the database is away, and nothing was promised")
            await asyncio.sleep(chance.uniform(0.05, 0.6))

    async def _kill_worker(self) -> str:
        for worker in self.stage.of("worker"):
            worker.kill()
        self.stage.start("worker")
        return "the worker was killed"

    async def _kill_scheduler(self) -> str:
        for part in self.stage.of("scheduler"):
            part.kill()
        self.stage.start("scheduler")
        return "the scheduler was killed"

    async def _freeze_worker(self) -> str:
        stale = self.stage.of("worker")
        for worker in stale:
            worker.freeze()
        self.stage.start("worker")
        pause = self.chance.uniform(0.5, 2) * LEASE
        await asyncio.sleep(pause)
        for worker in stale:
            worker.thaw()
        return f"the worker was stopped for {pause:.1f} s, and another one started"

    async def _reset(self) -> str:
        name = self.chance.choice(["database", "redis", *self.stage.wires])
        count = self._proxy(name).reset()
        return f"{count} connections to {name} were reset"

    async def _hole(self) -> str:
        name = self.chance.choice(["database", "redis", *self.stage.wires])
        proxy, pause = self._proxy(name), self.chance.uniform(0.5, 2) * LEASE
        proxy.pause()
        await asyncio.sleep(pause)
        if name in self.stage.wires:
            # A request that arrives after it was given up is the one thing that nobody can promise anything about.
            proxy.reset()
        proxy.resume()
        return f"{name} was cut off for {pause:.1f} s"

    async def _flush(self) -> str:
        await self.stage.rt.redis.flushall()
        return "Redis was flushed"

    async def _restart_postgres(self) -> str:
        before = self.stage.server_pid("postgres")
        how = self.chance.choice([signal.SIGKILL, signal.SIGINT])
        if before:
            os.kill(before, how)
        async with asyncio.timeout(60):
            while self.stage.server_pid("postgres") in (0, before):  # noqa: ASYNC110 -- its keeper starts it again
                await asyncio.sleep(0.1)
        return f"PostgreSQL was ended by {how.name} and came back"

    async def _trouble_platforms(self) -> str:
        desk = self.chance.choice(self.load.desks)
        place = self.chance.choice(list(desk.places))
        order = dict(self.chance.choice(PLATFORM_FAULTS))
        where = {"platform": place.target.server, "path": place.target.publish.path, "account": place.person}
        await self.stage.platforms.ask("POST", "/faults", {**order, **where})
        return f"{place.target.key}: the next publish of an account meets {order['kind']}"

    async def _reconnect(self) -> str:
        await asyncio.gather(*(desk.follower.reconnect() for desk in self.load.desks))
        return "every follower lost its connection"

    def _proxy(self, name: str) -> Proxy:
        return {"database": self.stage.database, "redis": self.stage.redis, **self.stage.wires}[name]
