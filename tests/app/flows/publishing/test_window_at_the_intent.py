"""A post whose window ends while it is prepared is not sent late."""

from __future__ import annotations

from datetime import timedelta

from app.domain.jobs.faults import MISSED_WINDOW
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobState
from app.flows.publishing.wake import wake
from connectors.contract import Outcome, Published, PublishTask
from tests.fixtures.world import World, now

S = JobState


async def go(world: World, job: Job) -> Job:
    await wake(world.rt, world.tenant, job.id, "worker-1")
    return await world.row(job.id)


async def test_a_slow_upload_does_not_make_a_late_post(world: World) -> None:
    job = await world.job()

    async def slow(_task: object, _access: object) -> None:
        await world.set(job.id, publish_by=now() - timedelta(milliseconds=1))

    world.platform.on_prepare.append(slow)
    row = await go(world, job)
    assert (row.state, row.fault, row.wake_at) == (S.FAILED, MISSED_WINDOW, None)
    assert world.platform.ledger == []
    assert [attempt.outcome for attempt in await world.attempts(job.id)] == ["fail"]
    assert (await world.types(job.id))[-1] == "job.failed"
    assert (await world.post_row(job.post_id)).state == "failed"


async def test_a_thread_that_has_begun_is_finished(world: World) -> None:
    job = await world.job(parts=2)

    async def first(task: PublishTask, _access: object) -> Outcome:
        await world.set(job.id, publish_by=now() - timedelta(milliseconds=1))
        return Published(world.platform.post(task))

    world.platform.on_publish.append(first)
    row = await go(world, job)
    assert (row.state, len(world.platform.ledger)) == (S.PUBLISHED, 2)


async def test_a_wish_to_cancel_comes_before_the_missed_window(world: World) -> None:
    job = await world.job()

    async def slow(_task: object, _access: object) -> None:
        await world.set(job.id, publish_by=now() - timedelta(milliseconds=1), cancel_requested_at=now())

    world.platform.on_prepare.append(slow)
    assert (await go(world, job)).state is S.CANCELLED
