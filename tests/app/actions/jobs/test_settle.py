from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.actions.jobs.checkpoint import LeaseLost
from app.actions.jobs.settle import Settlement, settle
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobEvent, JobState, JobStep, ParkReason
from app.domain.jobs.verdict import Verdict
from app.domain.posts.states import PostState
from connectors.contract import PublishedRef
from tests.fixtures.world import World, now

REF = PublishedRef("ref-1", "https://scripted.example/1", {"cid": "c"})
FAULT = {"kind": "unreachable"}
WAIT = timedelta(minutes=5)


async def end(world: World, job: Job, verdict: Verdict, **more: Any) -> Job:
    async with world.db.transaction(world.tenant) as session:
        part = more.pop("part", job.part)
        return await settle(session, Settlement(job.id, more.pop("fence", job.fence), part, verdict, **more))


async def test_published(world: World) -> None:
    job = await world.sending()
    await end(world, job, Verdict(JobEvent.PUBLISH), ref=REF, exchanges=({"n": 1},))
    row, [part], [attempt] = await world.row(job.id), await world.parts(job.id), await world.attempts(job.id)
    assert (row.state, row.platform_ref, row.lease_until, row.wake_at) == (JobState.PUBLISHED, "ref-1", None, None)
    assert row.published_at is not None
    assert (part.platform_ref, part.url, part.extra) == ("ref-1", "https://scripted.example/1", {"cid": "c"})
    assert (attempt.outcome, attempt.exchanges, attempt.ended_at is not None) == ("publish", [{"n": 1}], True)
    assert (await world.post_row(job.post_id)).state is PostState.PUBLISHED
    assert (await world.types(job.id))[-1] == "job.published"


async def test_a_published_job_shows_its_first_part(world: World) -> None:
    job = await world.sending()
    row = await end(world, job, Verdict(JobEvent.PUBLISH), ref=REF)
    assert row.url == "https://scripted.example/1"


async def test_a_part_of_a_thread(world: World) -> None:
    job = await world.sending(parts=3)
    row = await end(world, job, Verdict(JobEvent.PUBLISH_PART), ref=REF)
    assert (row.state, row.part, row.step, row.attempts) == (JobState.PUBLISHING, 1, JobStep.PREPARED, 1)
    assert row.lease_until is not None
    [attempt] = await world.attempts(job.id)
    assert attempt.ended_at is None


async def test_a_settlement_whose_commit_was_not_seen_is_not_applied_to_the_next_part(world: World) -> None:
    job = await world.sending(parts=3)
    await end(world, job, Verdict(JobEvent.PUBLISH_PART), ref=REF)
    with pytest.raises(LeaseLost):
        await end(world, job, Verdict(JobEvent.PUBLISH_PART), ref=REF)
    assert (await world.row(job.id)).part == 1


async def test_accepted(world: World) -> None:
    job = await world.sending()
    row = await end(world, job, Verdict(JobEvent.ACCEPT, wait=WAIT), checkpoint={"container": "7"})
    [part] = await world.parts(job.id)
    assert (row.state, row.step, row.lease_until, part.checkpoint) == (
        JobState.PROCESSING,
        None,
        None,
        {"container": "7"},
    )
    assert row.processing_since is not None
    assert row.wake_at is not None
    assert abs(row.wake_at - now() - WAIT) < timedelta(seconds=5)


async def test_a_lost_answer(world: World) -> None:
    job = await world.sending()
    row = await end(world, job, Verdict(JobEvent.LOSE_ANSWER, wait=WAIT, fault=FAULT))
    assert (row.state, row.step, row.lease_until, row.fault) == (JobState.UNKNOWN, JobStep.SENDING, None, FAULT)
    assert row.unknown_since is not None


async def test_a_back_off_keeps_the_attempt_and_the_planned_time(world: World) -> None:
    job = await world.sending()
    row = await end(world, job, Verdict(JobEvent.BACK_OFF, wait=WAIT, fault=FAULT))
    assert (row.state, row.attempts, row.due_at, row.fault) == (JobState.RETRYING, 1, job.due_at, FAULT)
    assert row.wake_at is not None
    assert row.ready_at <= row.wake_at
    assert row.ready_at - now() > timedelta(minutes=4)


async def test_a_wait_that_is_not_an_attempt(world: World) -> None:
    job = await world.sending()
    row = await end(world, job, Verdict(JobEvent.BACK_OFF, wait=WAIT, fault=FAULT, counts=False))
    assert row.attempts == 0


async def test_a_wait_beyond_the_window_is_looked_at_when_the_window_ends(world: World) -> None:
    job = await world.sending()
    row = await end(world, job, Verdict(JobEvent.BACK_OFF, wait=timedelta(days=1), fault=FAULT))
    assert row.wake_at == row.publish_by
    assert row.ready_at > row.publish_by


async def test_parked(world: World) -> None:
    job = await world.sending()
    verdict = Verdict(JobEvent.PARK, fault=FAULT, counts=False, park=ParkReason.CONNECTION)
    row = await end(world, job, verdict)
    assert (row.state, row.park_reason, row.attempts) == (JobState.PARKED, ParkReason.CONNECTION, 0)
    assert row.wake_at == row.publish_by
    assert (await world.post_row(job.post_id)).state is PostState.NEEDS_ATTENTION


async def test_failed(world: World) -> None:
    job = await world.sending()
    row = await end(world, job, Verdict(JobEvent.FAIL, fault=FAULT))
    assert (row.state, row.wake_at, row.fault) == (JobState.FAILED, None, FAULT)
    event = (await world.events(job.id))[-1]
    assert (event.type, event.changes["fault"]) == ("job.failed", "unreachable")


@pytest.mark.parametrize(
    "verdict",
    [
        Verdict(JobEvent.PUBLISH),
        Verdict(JobEvent.FAIL, fault=FAULT),
        Verdict(JobEvent.BACK_OFF, wait=WAIT, fault=FAULT),
        Verdict(JobEvent.LOSE_ANSWER, wait=WAIT, fault=FAULT),
        Verdict(JobEvent.ACCEPT, wait=WAIT),
    ],
    ids=lambda verdict: verdict.event,
)
async def test_a_stale_fence_changes_nothing(world: World, verdict: Verdict) -> None:
    job = await world.sending()
    before, events = await world.row(job.id), await world.types()
    with pytest.raises(LeaseLost):
        await end(world, job, verdict, fence=job.fence - 1, ref=REF, checkpoint={"x": 1})
    after, [part], [attempt] = await world.row(job.id), await world.parts(job.id), await world.attempts(job.id)
    assert (after.state, after.revision, after.updated_at) == (before.state, before.revision, before.updated_at)
    assert (part.platform_ref, part.checkpoint, attempt.ended_at) == (None, {}, None)
    assert await world.types() == events


async def test_a_job_that_has_ended_is_not_settled_again(world: World) -> None:
    job = await world.sending()
    await end(world, job, Verdict(JobEvent.PUBLISH), ref=REF)
    with pytest.raises(LeaseLost):
        await end(world, job, Verdict(JobEvent.FAIL, fault=FAULT))
    assert (await world.row(job.id)).state is JobState.PUBLISHED


async def test_the_next_job_of_the_connection_is_woken(world: World) -> None:
    connection = await world.connection()
    first, second, third = [await world.job(connection) for _ in range(3)]
    later = now() + timedelta(minutes=9)
    job = (await world.claimed(first.id)).job
    for other in (second, third):
        await world.set(other.id, wake_at=later)
    await world.owner.execute("UPDATE tenant_gates SET next_wake_at = $1 WHERE tenant_id = $2", later, world.tenant)
    await end(world, job, Verdict(JobEvent.FAIL, fault=FAULT))
    woken, asleep = await world.row(second.id), await world.row(third.id)
    assert woken.wake_at is not None
    assert woken.wake_at <= now()
    assert asleep.wake_at == later
    gate = await world.owner.fetchval("SELECT next_wake_at FROM tenant_gates WHERE tenant_id = $1", world.tenant)
    assert gate <= woken.wake_at


async def test_a_job_of_later_is_not_woken(world: World) -> None:
    connection = await world.connection()
    first, second = [await world.job(connection) for _ in range(2)]
    later = now() + timedelta(minutes=9)
    job = (await world.claimed(first.id)).job
    await world.set(second.id, wake_at=later, ready_at=later)
    await end(world, job, Verdict(JobEvent.FAIL, fault=FAULT))
    assert (await world.row(second.id)).wake_at == later
