from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from app.actions.jobs.cancel import cancel
from app.actions.jobs.checkpoint import LeaseLost
from app.actions.jobs.intend import Intend, intend
from app.actions.jobs.rescue import rescue
from app.domain.jobs.faults import WORKER_CRASHED
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobState, JobStep
from tests.fixtures.world import LEASE, World, now

DELAY = timedelta(minutes=2)


async def save(world: World, job_id: UUID) -> Job | None:
    async with world.db.transaction(world.tenant) as session:
        return await rescue(session, job_id, max_crashes=3, settle_delay=DELAY)


async def test_a_living_worker_keeps_its_job(world: World) -> None:
    job = await world.sending()
    assert await save(world, job.id) is None
    assert (await world.row(job.id)).fence == job.fence


async def test_what_was_not_sent_is_tried_again(world: World) -> None:
    job = (await world.claimed((await world.job()).id)).job
    await world.age(job.id)
    assert await save(world, job.id) is not None
    row, [attempt] = await world.row(job.id), await world.attempts(job.id)
    assert (row.state, row.step, row.fence, row.crashes, row.attempts) == (JobState.RETRYING, None, 2, 1, 0)
    assert row.wake_at is not None
    assert row.ready_at <= row.wake_at <= now()
    assert (attempt.outcome, attempt.ended_at is not None) == ("rescue", True)
    with pytest.raises(LeaseLost):
        async with world.db.transaction(world.tenant) as session:
            await intend(session, Intend(job.id, job.fence, LEASE, 0))


async def test_what_was_sent_is_unknown(world: World) -> None:
    job = await world.sending()
    await world.age(job.id)
    assert await save(world, job.id) is not None
    row = await world.row(job.id)
    assert (row.state, row.step, row.fence, row.crashes) == (JobState.UNKNOWN, JobStep.SENDING, 2, 1)
    assert row.lease_until is None
    assert row.wake_at is not None
    assert row.wake_at - now() > timedelta(seconds=110)
    assert (await world.types(job.id))[-1] == "job.became_unknown"


async def test_a_wish_to_cancel_is_granted(world: World) -> None:
    job = (await world.claimed((await world.job()).id)).job
    async with world.db.transaction(world.tenant) as session:
        await cancel(session, job.id)
    await world.age(job.id)
    assert await save(world, job.id) is not None
    row = await world.row(job.id)
    assert (row.state, row.wake_at, row.fence) == (JobState.CANCELLED, None, 2)


async def test_a_job_that_kills_its_workers_is_buried(world: World) -> None:
    job = (await world.claimed((await world.job()).id)).job
    await world.set(job.id, crashes=2)
    await world.age(job.id)
    assert await save(world, job.id) is not None
    row = await world.row(job.id)
    assert (row.state, row.crashes, row.fault) == (JobState.FAILED, 3, WORKER_CRASHED)


async def test_a_job_is_rescued_once(world: World) -> None:
    job = await world.sending()
    await world.age(job.id)
    assert await save(world, job.id) is not None
    assert await save(world, job.id) is None
    assert (await world.row(job.id)).crashes == 1


async def test_the_next_job_of_the_connection_is_woken(world: World) -> None:
    connection = await world.connection()
    first, second = [await world.job(connection) for _ in range(2)]
    await world.claimed(first.id)
    await world.set(second.id, wake_at=now() + timedelta(minutes=9))
    await world.age(first.id)
    await save(world, first.id)
    row = await world.row(second.id)
    assert row.wake_at is not None
    assert row.wake_at <= now()
