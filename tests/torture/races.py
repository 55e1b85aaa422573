"""Storms of messages and people: wake-ups that come many times, and users who change their mind at the last moment."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final
from uuid import UUID

from dramatiq.brokers.redis import RedisBroker
from redis import Redis

from app.actions.jobs.cancel import Cancellation, cancel
from app.actions.jobs.reschedule import Reschedule, reschedule
from app.domain.jobs.errors import JobNotCancellable, JobNotReschedulable
from app.domain.jobs.states import JobState
from app.services.wakeups import WakeUp, WakeUps
from tests.torture.checker import effects_by_mark, tenant_troubles
from tests.torture.platforms import TARGETS
from tests.torture.stage import Stage
from tests.torture.workload import Desk, Told, Workload, weathered
from workers import queues
from workers.broker import NAMESPACE

MORE: Final = 5
"""How often a wake-up is sent besides the scheduler's own."""
QUICK: Final = ("bluesky", "mastodon", "facebook")
LATER: Final = timedelta(hours=1)


async def echoes(stage: Stage, scale: float) -> Told:
    """Each job's wake-up is sent five times more, in any order, while it is worked on and once it is done."""
    load = Workload(stage)
    desk = await load.open([TARGETS[key] for key in QUICK], 2)
    await load.everywhere(max(2, int(10 * scale)))
    url = stage.rt.settings.redis_url
    assert url is not None
    tenant = str(desk.workspace.tenant)
    said = [WakeUp(queues.JOBS, queues.WAKE_JOB, (tenant, str(job))) for _, _, job in load.marks.values()] * MORE
    random.Random(1).shuffle(said)
    with Redis.from_url(url.get_secret_value()) as client:
        wakeups = WakeUps(RedisBroker(client=client, namespace=NAMESPACE))
        sent = await wakeups.send(said)
        await load.quiet()
        sent += await wakeups.send(said)
    return await weathered(load, f"{sent} more wake-ups over {len(load.marks)} posts")


async def cancels(stage: Stage, scale: float) -> Told:
    """A cancel that is granted means that nothing is ever there; one that is refused, that the post was under way."""

    async def change(desk: Desk, job: UUID) -> Cancellation | None:
        try:
            async with stage.rt.db.transaction(desk.workspace.tenant) as session:
                return (await cancel(session, job)).result
        except JobNotCancellable:
            return None

    return await _race(stage, scale, change, JobState.CANCELLED)


async def moves(stage: Stage, scale: float) -> Told:
    """A post that was moved is not there before its new time; one that could not be moved is there once."""

    async def change(desk: Desk, job: UUID) -> object | None:
        at = stage.rt.clock.now() + LATER
        try:
            async with stage.rt.db.transaction(desk.workspace.tenant) as session:
                return await reschedule(session, Reschedule(job, at, at + LATER))
        except JobNotReschedulable:
            return None

    return await _race(stage, scale, change, JobState.SCHEDULED)


async def _race(
    stage: Stage, scale: float, change: Callable[[Desk, UUID], Awaitable[object | None]], granted: JobState
) -> Told:
    load, chance = Workload(stage), random.Random(2)
    desk = await load.open([TARGETS[key] for key in QUICK], 8)
    answers: dict[UUID, bool] = {}

    async def one(job: UUID, wait: float) -> None:
        await asyncio.sleep(wait)
        answers[job] = await change(desk, job) is not None

    races: list[asyncio.Task[None]] = []
    for _ in range(max(2, int(20 * scale))):
        for place in desk.places:
            (job,) = await load.post(desk, [place])
            races.append(asyncio.create_task(one(job, chance.uniform(0, 1.0))))
        await asyncio.gather(*races)
    done = {granted, JobState.PUBLISHED}
    rows = await desk.workspace.becomes(lambda rows: all(row.state in done for row in rows), within=120)
    effects = await effects_by_mark(stage.platforms.ask, list(load.marks))
    states = {row.id: row.state for row in rows}
    troubles = await tenant_troubles(stage.rt, desk.workspace.tenant)
    for mark, (_, place, job) in load.marks.items():
        wanted = (granted, 0) if answers[job] else (JobState.PUBLISHED, 1)
        if (states[job], len(effects[mark])) != wanted:
            troubles.append(f"{place.target.key}: granted {answers[job]}, {states[job]}, {len(effects[mark])} there")
    await load.close()
    note = f"{len(answers)} races, {sum(answers.values())} granted"
    return Told(troubles, 0.0, note)
