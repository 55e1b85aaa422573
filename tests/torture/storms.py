"""The storms: what befalls a whole installation, over a workload that has to come through it unharmed."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import Final

import psutil

from app.kernel.embedded.upkeep import DEATHS
from tests.processes.platforms import Fault
from tests.torture.clocks import skewed_clock
from tests.torture.follower import Follower
from tests.torture.pictures import picture
from tests.torture.platforms import TARGETS
from tests.torture.races import cancels, echoes, moves
from tests.torture.stage import Stage
from tests.torture.workload import Told, Workload, weathered

AHEAD: Final = 200
"""How many posts of a crowd may go out before another workspace's one: what is offered to the workers at a time."""
SLOTS: Final = 8
"""Slots of the one worker that has to do with a slow platform."""
CROWD_PATIENCE: Final = 60.0
"""Seconds in which a crowd is watched; who still waits then has its next moment."""
SURE: Final = tuple(target for target in TARGETS.values() if target.key != "linkedin-member")
"""Where nobody but the platform has to be asked."""


@dataclass(frozen=True, slots=True)
class Storm:
    """A storm by its name; `scale` is 1 for the whole proof, and less for a part that has to be quick."""

    key: str
    says: str
    run: Callable[[Stage, float], Awaitable[Told]]


async def redis_flushed(stage: Stage, scale: float) -> Told:
    """Redis forgets everything ten times while posts go out."""
    load = Workload(stage)
    await load.open(SURE, 2)
    times = max(2, int(10 * scale))
    await load.everywhere(times)
    for step in range(1, times + 1):
        await load.published(step * len(load.marks) // (times + 1))
        await stage.rt.redis.flushall()
    return await weathered(load, f"{times} times over {len(load.marks)} posts")


async def redis_gone(stage: Stage, scale: float) -> Told:
    """Nobody reaches Redis for a minute; posts that are due meanwhile."""
    load = Workload(stage)
    await load.open(SURE, 2)
    await load.everywhere(2)
    stage.redis.refusing = True
    stage.redis.reset()
    away = 60 * scale
    await load.everywhere(2, wait=away / 3)
    await asyncio.sleep(away)
    out = (await load.count())["published"]
    stage.redis.refusing = False
    return await weathered(load, f"{away:.0f} s; {out} of {len(load.marks)} posts were out before it was back")


async def postgres_restarted(stage: Stage, scale: float) -> Told:
    """PostgreSQL is killed, or told to end fast, while posts go out; as often as its keeper starts it again."""
    load = Workload(stage)
    await load.open(SURE, 2)
    times = max(2, int(DEATHS * scale))
    await load.everywhere(times)
    for number in range(times):
        with suppress(Exception):  # the database is away: it cannot be asked how many are out
            await load.published((number + 1) * len(load.marks) // (times + 1), within=15)
        before = stage.server_pid("postgres")
        if before:
            os.kill(before, signal.SIGKILL if number % 2 == 0 else signal.SIGINT)
        await _back(stage, before)
    return await weathered(load, f"{times} times over {len(load.marks)} posts")


async def _back(stage: Stage, before: int) -> None:
    async with asyncio.timeout(60):
        while stage.server_pid("postgres") in (0, before):  # noqa: ASYNC110 -- a server of the keeper's: it is looked at
            await asyncio.sleep(0.1)


async def out_of_memory(stage: Stage, scale: float) -> Told:
    """The kernel kills the fattest process of the worker, as it does when memory ends; a supervisor starts it again."""
    load = Workload(stage)
    await load.open(SURE, 2)
    times = max(1, int(4 * scale))
    await load.everywhere(times + 1)
    for number in range(times):
        await load.published((number + 1) * len(load.marks) // (times + 2))
        (worker,) = stage.of("worker")
        async with asyncio.timeout(60):
            while not (children := psutil.Process(worker.pid).children(recursive=True)):  # noqa: ASYNC110 -- a process
                await asyncio.sleep(0.1)
        max(children, key=lambda one: one.memory_info().rss).kill()
        with suppress(Exception):  # it may go on without the one, or end: then it is started again
            await asyncio.to_thread(worker.ended, 10)
        worker.kill()
        stage.start("worker")
    return await weathered(load, f"{times} times over {len(load.marks)} posts")


async def too_many_requests(stage: Stage, scale: float) -> Told:
    """Every account is answered 429 with Retry-After three times."""
    load = Workload(stage)
    await load.open(SURE)
    pause = 2
    for place in load.desks[0].places:
        order = {"kind": "status", "status": 429, "headers": {"Retry-After": str(pause)}, "times": 3}
        where = {"platform": place.target.server, "path": place.target.publish.path, "account": place.person}
        await stage.platforms.ask("POST", "/faults", {**order, **where})
    began = time.time()
    await load.everywhere(max(1, int(5 * scale)))
    told = await weathered(load)
    for place in load.desks[0].places:
        told.troubles.extend(
            await _too_early(stage, place.target.server, place.person, place.target.publish.path, pause)
        )
    attempts = [row.attempts for desk in load.desks for row in await desk.workspace.jobs()]
    if max(attempts) > 1:
        told.troubles.append(f"a pause used up an attempt: {max(attempts)}")
    return Told(told.troubles, told.seconds, f"{time.time() - began:.0f} s for {len(load.marks)} posts")


async def _too_early(stage: Stage, server: str, person: str, path: str, pause: float) -> list[str]:
    rows = (await stage.platforms.ask("GET", f"/requests?platform={server}"))["requests"]
    mine = [
        row for row in rows if row["account"] == person and fnmatchcase(row["path"], path) and row["method"] == "POST"
    ]
    mine.sort(key=lambda row: row["at"])
    found: list[str] = []
    for before, after in pairwise(mine):
        gap = (datetime.fromisoformat(after["at"]) - datetime.fromisoformat(before["at"])).total_seconds()
        if before["status"] == 429 and gap < pause - 0.05:
            found.append(f"{server}: asked again {gap:.2f} s after a 429 that said {pause} s")
    return found


async def slow_drip(stage: Stage, scale: float) -> Told:
    """Each answer to a publish comes byte by byte, slower than the worker's patience for one platform."""
    load = Workload(stage)
    await load.open(SURE)
    for place in load.desks[0].places:
        where = {"platform": place.target.server, "path": place.target.publish.path, "account": place.person}
        await stage.platforms.ask("POST", "/faults", {"kind": "drip", "seconds": 0.3, "times": 1, **where})
    await load.everywhere(max(1, int(3 * scale)))
    return await weathered(load)


async def slow_platform(stage: Stage, scale: float) -> Told:
    """One platform answers nobody, with more posts due there than a worker has slots: posts elsewhere go out."""
    for worker in stage.of("worker"):
        worker.kill()
    slots = {"POSTD_WORKER_PROCESSES": "1", "POSTD_WORKER_THREADS": str(SLOTS), "POSTD_REQUEST_TIMEOUT": "120"}
    small = stage.start("worker", slots)
    load = Workload(stage)
    slow, quick = TARGETS["mastodon"], TARGETS["bluesky"]
    desk = await load.open([slow], SLOTS + 4)
    others = await load.open([quick], 2)
    order = {"kind": "hold", "platform": slow.server, "method": "POST", "path": slow.publish.path, "times": None}
    held = (await stage.platforms.ask("POST", "/faults", order))["id"]
    for _ in range(2):
        await load.post(desk, desk.places)
    await stage.platforms.ask("GET", f"/faults/{held}?hits={SLOTS // 2}&timeout=60")
    for _ in range(max(2, int(20 * scale))):
        await load.post(others, others.places)
    rows = await others.workspace.becomes(lambda rows: all(row.published_at for row in rows), within=60)
    late = max((row.published_at - row.due_at).total_seconds() for row in rows if row.published_at)
    waiting = sum(row.published_at is None for row in await desk.workspace.jobs())
    await stage.platforms.ask("DELETE", f"/faults/{held}")
    note = f"{len(rows)} posts went out past {waiting} that hung, at most {late:.1f} s late, on {SLOTS} slots"
    told = await weathered(load, note)
    small.kill()
    return told


async def crowd(stage: Stage, scale: float) -> Told:
    """Ten thousand posts of one workspace and one of another are due at the same moment."""
    load = Workload(stage)
    accounts, many = 20, max(100, int(10_000 * scale))
    big, small = await load.open([TARGETS["mastodon"]], accounts), await load.open([TARGETS["bluesky"]])
    moment = time.monotonic() + 10 + many / 100
    for _ in range(many // accounts):
        await load.post(big, big.places, wait=moment - time.monotonic())
    await load.post(small, small.places, wait=max(0.0, moment - time.monotonic()))
    (row,) = await small.workspace.becomes(lambda rows: all(one.published_at for one in rows), within=240)
    late = (row.published_at - row.due_at).total_seconds() if row.published_at else math.inf
    ahead = sum(
        one.published_at is not None and row.published_at is not None and one.published_at < row.published_at
        for one in await big.workspace.jobs()
    )
    seconds = await load.quiet(within=CROWD_PATIENCE)
    troubles = await load.troubles(waiting=True)
    if ahead > AHEAD:
        troubles.append(f"{ahead} posts of the crowd went out before the other workspace's one")
    await load.close()
    waiting = many + 1 - (await load.count())["published"]
    note = f"{ahead} of {many} were out before the one, {late:.1f} s late; {waiting} waited when it was looked at last"
    return Told(troubles, round(seconds, 1), note)


async def sockets(stage: Stage, scale: float) -> Told:
    """A thousand followers of one workspace lose the API, which starts again, and resume."""
    load = Workload(stage)
    desk = await load.open([TARGETS["mastodon"], TARGETS["bluesky"]])
    count = max(20, int(1000 * scale))
    more = [await Follower.of(stage, desk.workspace.tenant) for _ in range(count)]
    await load.everywhere(2)
    await load.published(2)
    for api in stage.of("api"):
        api.kill()
    await load.everywhere(3)
    stage.start("api")
    await stage.answers()
    told = await weathered(load, f"{count} sockets")
    for follower in more:
        trouble = await follower.check()
        told.troubles.extend([trouble] if trouble else [])
    await asyncio.gather(*(follower.stop() for follower in more))
    return told


async def poison(stage: Stage, scale: float) -> Told:
    """A post kills its worker each time, before anything is sent: it is buried, and others go out."""
    load = Workload(stage)
    desk = await load.open([TARGETS["mastodon"]])
    other = await load.open([TARGETS["bluesky"]])
    place = desk.places[0]
    target = place.target
    order = {"kind": "hold", "platform": target.server, "method": "POST", "path": target.upload.path}
    media = await picture(desk.workspace)
    deadly = [
        Fault(stage.platforms, (await stage.platforms.ask("POST", "/faults", {**order, "account": place.person}))["id"])
        for _ in range(3)
    ]
    (job,) = await desk.workspace.schedule(["Poison"], [place.account], media=media)
    for fault in deadly:
        await load.post(other, other.places)
        await fault.hit()
        for worker in stage.of("worker"):
            worker.kill()
        await fault.release("drop")
        stage.start("worker")
    seconds = await load.quiet()
    rows = {row.id: row for row in await desk.workspace.jobs()}
    troubles = await load.troubles()
    found = rows[job]
    if found.state.value != "failed" or (found.fault or {}).get("kind") != "worker_crashed":
        troubles.append(f"the poison is {found.state}: {found.fault}")
    await load.close()
    return Told(troubles, round(seconds, 1), f"buried after {found.crashes} crashes")


async def clock_jumps(stage: Stage, scale: float) -> Told:
    """Workers whose host's clock is an hour ahead, or behind: nothing goes out early, nobody takes another's lease."""
    library = await asyncio.to_thread(skewed_clock, stage.folder)
    load = Workload(stage)
    await load.open(SURE)
    for worker in stage.of("worker"):
        worker.kill()
    wrong = [stage.start("worker", {"LD_PRELOAD": library, "SKEW_SECONDS": skew}) for skew in ("3600", "-3600")]
    await load.everywhere(max(1, int(4 * scale)), wait=3)
    seconds = await load.quiet()
    troubles = await load.troubles()
    for desk in load.desks:
        for row in await desk.workspace.jobs():
            if row.published_at is not None and row.published_at < row.due_at:
                troubles.append(f"{row.platform}: out {row.due_at - row.published_at} early")
            if row.crashes:
                troubles.append(f"{row.platform}: a lease was taken from a worker that lives")
    for worker in wrong:
        worker.kill()
    await load.close()
    return Told(troubles, round(seconds, 1), f"{len(load.marks)} posts, clocks 1 h ahead and 1 h behind")


STORMS: Final[Mapping[str, Storm]] = {
    one.key: one
    for one in (
        Storm("redis_flushed", "Redis is flushed while posts go out", redis_flushed),
        Storm("redis_gone", "Redis is gone for 60 s", redis_gone),
        Storm("postgres_restarted", "PostgreSQL is killed and restarted", postgres_restarted),
        Storm("out_of_memory", "the kernel kills a worker process", out_of_memory),
        Storm("too_many_requests", "the platforms answer 429 with Retry-After", too_many_requests),
        Storm("slow_drip", "the platforms answer byte by byte", slow_drip),
        Storm("slow_platform", "one platform hangs, with more posts due than there are slots", slow_platform),
        Storm("sockets", "1,000 followers lose the API and resume", sockets),
        Storm("clock_jumps", "workers' clocks are an hour wrong", clock_jumps),
        Storm("echoes", "every wake-up comes six times, in any order", echoes),
        Storm("cancels", "posts are cancelled at the moment at which they go out", cancels),
        Storm("moves", "posts are moved at the moment at which they go out", moves),
        Storm("poison", "a post kills its worker each time", poison),
        Storm("crowd", "10,000 posts of one workspace are due at once, one of another", crowd),
    )
}
