"""The verbs by which people change jobs: resolve, retry, reschedule."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.actions.jobs.cancel import cancel
from app.actions.jobs.claim import Claim, claim
from app.actions.jobs.reschedule import Reschedule, reschedule
from app.actions.jobs.resolve import Resolve, resolve
from app.actions.jobs.retry import Retry, retry
from app.actions.jobs.settle import Settlement, settle
from app.domain.jobs.errors import JobNotInReview, JobNotReschedulable, JobNotRetryable, RevisionConflict
from app.domain.jobs.model import Job
from app.domain.jobs.review import Resolution
from app.domain.jobs.states import JobEvent, JobState
from app.domain.jobs.verdict import Verdict
from app.domain.posts.states import PostState
from app.kernel.errors import NotFound
from tests.fixtures.world import LEASE, World, now

URL = "https://scripted.example/seen"


async def in_review(world: World, *, parts: int = 1) -> Job:
    job = await world.sending(parts=parts)
    for event, state in ((JobEvent.LOSE_ANSWER, JobState.UNKNOWN), (JobEvent.ASK, JobState.NEEDS_REVIEW)):
        async with world.db.transaction(world.tenant) as session:
            verdict = Verdict(event, wait=timedelta(), fault={"kind": "no_answer"})
            job = await settle(session, Settlement(job.id, job.fence, 0, verdict))
        assert job.state is state
    return job


async def decide(world: World, job: Job, resolution: Resolution, **more: Any) -> Job:
    async with world.db.transaction(world.tenant) as session:
        return await resolve(session, Resolve(job.id, resolution, **more))


async def failed(world: World, **changes: Any) -> Job:
    job = await world.sending(**changes)
    async with world.db.transaction(world.tenant) as session:
        return await settle(session, Settlement(job.id, job.fence, 0, Verdict(JobEvent.FAIL, fault={"kind": "policy"})))


async def test_a_confirmed_job_is_published_where_the_person_says(world: World) -> None:
    job = await in_review(world)
    await decide(world, job, Resolution.CONFIRM, url=URL)
    row, [part] = await world.row(job.id), await world.parts(job.id)
    assert (row.state, row.url, row.platform_ref, row.wake_at) == (JobState.PUBLISHED, URL, URL, None)
    assert (part.url, part.platform_ref) == (URL, URL)
    assert (await world.post_row(job.post_id)).state is PostState.PUBLISHED


async def test_a_confirmed_part_lets_the_next_one_go(world: World) -> None:
    job = await in_review(world, parts=2)
    row = await decide(world, job, Resolution.CONFIRM, url=URL)
    assert (row.state, row.part, row.step, row.attempts) == (JobState.RETRYING, 1, None, 0)
    assert (await world.claimed(job.id)).job.part == 1
    assert (await world.parts(job.id))[0].url == URL


async def test_sending_again_takes_a_new_key(world: World) -> None:
    job = await in_review(world)
    [before] = await world.parts(job.id)
    row = await decide(world, job, Resolution.SEND_AGAIN)
    [after] = await world.parts(job.id)
    assert (row.state, row.epoch, row.attempts, row.unknown_since) == (JobState.RETRYING, 1, 0, None)
    assert after.attempt_key != before.attempt_key
    assert (after.intended_at, after.checkpoint) == (None, {})
    assert (await world.claimed(job.id)).job.fence == job.fence + 1


async def test_given_up(world: World) -> None:
    job = await in_review(world)
    row = await decide(world, job, Resolution.GIVE_UP, reason="Not worth it.")
    assert (row.state, row.wake_at) == (JobState.FAILED, None)
    assert row.fault is not None
    assert (row.fault["kind"], row.fault["message"]) == ("given_up", "Not worth it.")


@pytest.mark.parametrize("resolution", list(Resolution))
async def test_only_what_needs_review_is_settled(world: World, resolution: Resolution) -> None:
    job = await world.sending()
    with pytest.raises(JobNotInReview):
        await decide(world, job, resolution, url=URL)
    row, [part] = await world.row(job.id), await world.parts(job.id)
    assert (row.state, row.revision, row.epoch, part.url) == (JobState.PUBLISHING, job.revision, 0, None)


async def test_of_two_people_one_decides(world: World) -> None:
    job = await in_review(world)
    answers = await asyncio.gather(
        decide(world, job, Resolution.SEND_AGAIN), decide(world, job, Resolution.GIVE_UP), return_exceptions=True
    )
    assert sum(isinstance(answer, JobNotInReview) for answer in answers) == 1


async def test_a_failed_job_is_taken_up_again_under_its_key(world: World) -> None:
    job = await failed(world)
    [before] = await world.parts(job.id)
    await world.set(job.id, crashes=2, processing_since=now() - timedelta(days=1))
    due = now() + timedelta(hours=2)
    async with world.db.transaction(world.tenant) as session:
        row = await retry(session, Retry(job.id, due, due + timedelta(hours=1)))
    [after] = await world.parts(job.id)
    assert (row.state, row.epoch, row.attempts, row.crashes, row.fault) == (JobState.SCHEDULED, 1, 0, 0, None)
    assert (row.due_at, row.ready_at, row.wake_at, row.publish_by) == (due, due, due, due + timedelta(hours=1))
    assert row.processing_since is None
    assert after.attempt_key == before.attempt_key
    assert (await world.post_row(job.post_id)).state is PostState.SCHEDULED


async def test_only_a_failed_job_is_taken_up_again(world: World) -> None:
    job = await world.job()
    with pytest.raises(JobNotRetryable):
        async with world.db.transaction(world.tenant) as session:
            await retry(session, Retry(job.id, now(), now() + timedelta(hours=1)))
    assert (await world.row(job.id)).epoch == 0
    with pytest.raises(NotFound):
        async with world.db.transaction(world.tenant) as session:
            await retry(session, Retry(uuid4(), now(), now() + timedelta(hours=1)))


async def test_a_job_whose_target_has_another_one_is_not_taken_up_again(world: World) -> None:
    connection = await world.connection()
    job = await failed(world)
    other = await world.job(connection)
    await world.owner.execute("UPDATE jobs SET connection_id = $1 WHERE id = $2", connection.id, job.id)
    await world.owner.execute("UPDATE jobs SET post_id = $1 WHERE id = $2", other.post_id, job.id)
    async with world.db.transaction(world.tenant) as session:
        with pytest.raises(JobNotRetryable):
            await retry(session, Retry(job.id, now(), now() + timedelta(hours=1)))
    assert (await world.row(job.id)).state is JobState.FAILED


def to(job: Job, **more: Any) -> Reschedule:
    due = now() + timedelta(hours=3)
    return Reschedule(job.id, due, due + timedelta(hours=6), **more)


async def move(world: World, command: Reschedule) -> Job:
    async with world.db.transaction(world.tenant) as session:
        return await reschedule(session, command)


@pytest.mark.parametrize("state", ["scheduled", "retrying", "parked"])
async def test_a_waiting_job_moves(world: World, state: str) -> None:
    job = await world.job()
    await world.set(job.id, state=state, park_reason="paused" if state == "parked" else None, attempts=2)
    command = to(job, revision=1)
    row = await move(world, command)
    assert (row.state, row.attempts, row.park_reason, row.revision) == (JobState.SCHEDULED, 0, None, 2)
    assert (row.due_at, row.ready_at, row.wake_at) == (command.due_at,) * 3
    assert (row.publish_by, (await world.events(job.id))[-1].type) == (command.publish_by, "job.rescheduled")


async def test_a_moved_post_carries_its_new_time(world: World) -> None:
    job = await world.job()
    command = to(job)
    await move(world, command)
    assert [part.composed_at for part in await world.parts(job.id)] == [command.due_at]


async def test_what_was_sent_once_keeps_its_time(world: World) -> None:
    job = await world.sending()
    async with world.db.transaction(world.tenant) as session:
        verdict = Verdict(JobEvent.BACK_OFF, wait=timedelta(), fault={"kind": "rate_limited"})
        await settle(session, Settlement(job.id, job.fence, 0, verdict))
    [before] = await world.parts(job.id)
    await move(world, to(job))
    assert [part.composed_at for part in await world.parts(job.id)] == [before.composed_at]


async def test_another_revision_moves_nothing(world: World) -> None:
    job = await world.job()
    with pytest.raises(RevisionConflict) as caught:
        await move(world, to(job, revision=7))
    assert caught.value.job.revision == 1
    assert (await world.row(job.id)).due_at == job.due_at


async def test_a_job_under_way_is_not_moved(world: World) -> None:
    job = await world.sending()
    with pytest.raises(JobNotReschedulable):
        await move(world, to(job))
    assert (await world.row(job.id)).due_at == job.due_at


async def test_a_moved_job_is_not_claimed_before_its_new_time(world: World) -> None:
    async def take(job: Job) -> bool:
        async with world.db.transaction(world.tenant) as session:
            return await claim(session, Claim(job.id, LEASE, "worker")) is not None

    for _ in range(30):
        job = await world.job()
        moved, taken = await asyncio.gather(move(world, to(job)), take(job), return_exceptions=True)
        assert isinstance(moved, JobNotReschedulable) is taken
        row = await world.row(job.id)
        assert row.state is (JobState.PUBLISHING if taken else JobState.SCHEDULED)


async def test_a_wish_to_cancel_does_not_survive_in_a_job_that_waits(world: World) -> None:
    job = (await world.claimed((await world.job()).id)).job
    async with world.db.transaction(world.tenant) as session:
        await cancel(session, job.id)
    async with world.db.transaction(world.tenant) as session:
        verdict = Verdict(JobEvent.BACK_OFF, wait=timedelta(), fault={"kind": "unreachable"})
        await settle(session, Settlement(job.id, job.fence, 0, verdict))
    with pytest.raises(JobNotReschedulable):
        await move(world, to(job))
    assert (await world.row(job.id)).state is JobState.CANCELLED
