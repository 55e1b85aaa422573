from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from app.actions.jobs.claim import Claimed
from app.actions.jobs.postpone import Postponement, postpone
from app.actions.jobs.settle import Settlement, settle
from app.actions.jobs.watch import Watch, watch
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobEvent, JobState
from app.domain.jobs.verdict import Verdict
from tests.fixtures.world import LEASE, World, now

WAIT = timedelta(seconds=0)


async def unknown(world: World, event: JobEvent = JobEvent.LOSE_ANSWER) -> Job:
    job = await world.sending()
    async with world.db.transaction(world.tenant) as session:
        return await settle(session, Settlement(job.id, job.fence, 0, Verdict(event, wait=WAIT)))


async def look(world: World, job_id: UUID, state: JobState = JobState.UNKNOWN) -> Claimed | None:
    async with world.db.transaction(world.tenant) as session:
        return await watch(session, Watch(job_id, state, LEASE, "worker"))


@pytest.mark.parametrize(
    ("event", "state", "work"),
    [
        (JobEvent.LOSE_ANSWER, JobState.UNKNOWN, "reconcile"),
        (JobEvent.ACCEPT, JobState.PROCESSING, "poll"),
    ],
)
async def test_a_look_takes_a_fence_and_a_lease(world: World, event: JobEvent, state: JobState, work: str) -> None:
    job = await unknown(world, event)
    claimed = await look(world, job.id, state)
    assert claimed is not None
    row = await world.row(job.id)
    assert (row.state, row.fence, claimed.job.fence) == (state, 2, 2)
    assert row.lease_until is not None
    assert [one.work for one in await world.attempts(job.id)] == ["publish", work]


async def test_one_worker_at_a_time_looks(world: World) -> None:
    job = await unknown(world)
    found = await asyncio.gather(*(look(world, job.id) for _ in range(4)))
    assert sum(one is not None for one in found) == 1


async def test_a_look_that_was_abandoned_is_taken_over(world: World) -> None:
    job = await unknown(world)
    await look(world, job.id)
    await world.age(job.id)
    second = await look(world, job.id)
    assert second is not None
    assert second.job.fence == 3


async def test_a_job_in_another_state_is_left_alone(world: World) -> None:
    job = await unknown(world)
    assert await look(world, job.id, JobState.PROCESSING) is None


async def test_postponed(world: World) -> None:
    job = await unknown(world)
    claimed = await look(world, job.id)
    assert claimed is not None
    async with world.db.transaction(world.tenant) as session:
        command = Postponement(job.id, claimed.job.fence, timedelta(minutes=3), "Nobody knows.", ({"n": 1},))
        await postpone(session, command)
    row, [_, attempt] = await world.row(job.id), await world.attempts(job.id)
    assert (row.state, row.lease_until) == (JobState.UNKNOWN, None)
    assert row.wake_at is not None
    assert row.wake_at - now() > timedelta(minutes=2)
    assert (attempt.outcome, attempt.exchanges) == ("Nobody knows.", [{"n": 1}])


async def test_a_stale_fence_postpones_nothing(world: World) -> None:
    job = await unknown(world)
    claimed = await look(world, job.id)
    assert claimed is not None
    before = await world.row(job.id)
    async with world.db.transaction(world.tenant) as session:
        await postpone(session, Postponement(job.id, claimed.job.fence - 1, timedelta(minutes=3), "Late."))
    after, [_, attempt] = await world.row(job.id), await world.attempts(job.id)
    assert (after.lease_until, after.wake_at) == (before.lease_until, before.wake_at)
    assert attempt.ended_at is None
