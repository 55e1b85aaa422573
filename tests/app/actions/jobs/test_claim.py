from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from app.actions.connections.switch import pause
from app.actions.jobs.checkpoint import Checkpoint, LeaseLost, checkpoint, renew
from app.actions.jobs.claim import Claim, Claimed, claim
from app.actions.jobs.settle import Settlement, settle
from app.domain.jobs.states import JobEvent, JobState, JobStep
from app.domain.jobs.verdict import Verdict
from app.domain.posts.planned_time import PlannedTime
from app.services.gates import FOREVER
from tests.fixtures.world import LEASE, World, now


async def take(world: World, job_id: UUID, worker: str = "worker") -> Claimed | None:
    async with world.db.transaction(world.tenant) as session:
        return await claim(session, Claim(job_id, LEASE, worker))


async def test_a_claim_takes_the_job_under_a_new_fence_and_a_lease(world: World) -> None:
    job = await world.job()
    claimed = await take(world, job.id)
    assert claimed is not None
    row = await world.row(job.id)
    assert (row.state, row.step, row.fence, row.attempts) == (JobState.PUBLISHING, JobStep.PREPARED, 1, 1)
    assert row.lease_until is not None
    assert row.wake_at is not None
    assert timedelta(seconds=29) < row.lease_until - now() <= LEASE
    assert [part.position for part in claimed.parts] == [0]
    assert await world.types(job.id) == ["job.scheduled", "job.claimed"]
    [attempt] = await world.attempts(job.id)
    assert (attempt.work, attempt.worker, attempt.fence, attempt.ended_at) == ("publish", "worker", 1, None)


@pytest.mark.parametrize(("ahead", "lowered"), [(timedelta(0), False), (timedelta(days=1), True)])
async def test_a_claim_lowers_the_gate_only_to_an_earlier_moment(
    world: World, ahead: timedelta, *, lowered: bool
) -> None:
    job = await world.job()
    await world.set(job.id, wake_at=now() + ahead)
    await world.owner.execute("UPDATE tenant_gates SET next_wake_at = $1 WHERE tenant_id = $2", FOREVER, world.tenant)
    assert await take(world, job.id) is not None
    gate = await world.owner.fetchval("SELECT next_wake_at FROM tenant_gates WHERE tenant_id = $1", world.tenant)
    row = await world.row(job.id)
    assert gate == (row.wake_at if lowered else FOREVER)


async def test_of_two_workers_one_gets_the_job(world: World) -> None:
    for _ in range(10):
        job = await world.job()
        found = await asyncio.gather(take(world, job.id, "a"), take(world, job.id, "b"))
        assert sum(one is not None for one in found) == 1
        assert (await world.row(job.id)).fence == 1


async def test_of_two_jobs_of_a_connection_one_runs(world: World) -> None:
    for _ in range(10):
        connection = await world.connection()
        jobs = [await world.job(connection) for _ in range(2)]
        found = await asyncio.gather(*(take(world, job.id) for job in jobs))
        assert sum(one is not None for one in found) == 1
        states = sorted([(await world.row(job.id)).state for job in jobs])
        assert states == [JobState.PUBLISHING, JobState.SCHEDULED]


async def test_jobs_of_two_connections_run_at_once(world: World) -> None:
    jobs = [await world.job(), await world.job()]
    assert all([await take(world, job.id) for job in jobs])


@pytest.mark.parametrize(
    "column", [{"ready_at": timedelta(minutes=1)}, {"publish_by": timedelta(minutes=-1)}], ids=["early", "late"]
)
async def test_nothing_is_claimed_outside_of_its_time(world: World, column: dict[str, timedelta]) -> None:
    job = await world.job()
    await world.set(job.id, **{name: now() + delta for name, delta in column.items()})
    assert await take(world, job.id) is None
    assert (await world.row(job.id)).state is JobState.SCHEDULED
    assert await world.types(job.id) == ["job.scheduled"]


async def test_nothing_is_claimed_on_a_paused_connection(world: World) -> None:
    connection = await world.connection()
    job = await world.job(connection)
    async with world.db.transaction(world.tenant) as session:
        await pause(session, connection.id)
    assert await take(world, job.id) is None
    assert (await world.row(job.id)).fence == 0


async def test_nothing_is_claimed_twice(world: World) -> None:
    job = await world.job()
    assert await take(world, job.id) is not None
    assert await take(world, job.id) is None


async def test_a_post_for_later_is_not_claimed(world: World) -> None:
    job = await world.job(time=PlannedTime(now() + timedelta(hours=1)))
    assert await take(world, job.id) is None


async def test_a_checkpoint_is_kept_and_renews_the_lease(world: World) -> None:
    job = await world.job()
    claimed = await world.claimed(job.id)
    await world.set(job.id, lease_until=now() + timedelta(seconds=1))
    async with world.db.transaction(world.tenant) as session:
        data = {"file": "x"}
        await checkpoint(session, Checkpoint(job.id, claimed.job.fence, LEASE, 0, JobStep.MEDIA_UPLOADED, data))
    row, [part] = await world.row(job.id), await world.parts(job.id)
    assert row.lease_until is not None
    assert row.lease_until - now() > timedelta(seconds=20)
    assert (row.step, part.checkpoint) == (JobStep.MEDIA_UPLOADED, {"file": "x"})


@pytest.mark.parametrize("how", ["fence", "lease", "settled"])
async def test_a_lost_lease_stores_no_checkpoint(world: World, how: str) -> None:
    job = await world.job()
    claimed = await world.claimed(job.id)
    fence = claimed.job.fence
    if how == "fence":
        fence -= 1
    elif how == "lease":
        await world.set(job.id, lease_until=now() - timedelta(seconds=1))
    else:
        async with world.db.transaction(world.tenant) as session:
            await settle(session, Settlement(job.id, fence, 0, Verdict(JobEvent.FAIL, fault={"kind": "policy"})))
    before = await world.row(job.id)
    with pytest.raises(LeaseLost):
        async with world.db.transaction(world.tenant) as session:
            await checkpoint(session, Checkpoint(job.id, fence, LEASE, 0, JobStep.MEDIA_UPLOADED, {"file": "x"}))
    with pytest.raises(LeaseLost):
        async with world.db.transaction(world.tenant) as session:
            await renew(session, job_id=job.id, fence=fence, lease=LEASE)
    after, [part] = await world.row(job.id), await world.parts(job.id)
    assert (after.step, after.lease_until, part.checkpoint) == (before.step, before.lease_until, {})
