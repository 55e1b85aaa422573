from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from app.actions.connections.switch import pause
from app.actions.jobs.cancel import Cancellation, cancel
from app.actions.jobs.checkpoint import LeaseLost
from app.actions.jobs.claim import Claim, claim
from app.actions.jobs.intend import Intend, intend
from app.actions.jobs.settle import Settlement, settle
from app.domain.jobs.errors import JobNotCancellable
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobEvent, JobState, JobStep, ParkReason
from app.domain.jobs.verdict import Verdict, judge_fault
from app.domain.posts.states import PostState
from app.flows.publishing.plans import cancel_post
from app.kernel.errors import NotFound
from connectors.faults import FaultKind
from tests.fixtures.scripted import fault
from tests.fixtures.world import LEASE, TIMING, World


async def ask(world: World, job_id: UUID) -> Cancellation | None:
    """Cancel; None where it is too late."""
    try:
        async with world.db.transaction(world.tenant) as session:
            return (await cancel(session, job_id)).result
    except JobNotCancellable:
        return None


async def write_intent(world: World, job: Job) -> bool:
    async with world.db.transaction(world.tenant) as session:
        return await intend(session, Intend(job.id, job.fence, LEASE, 0))


async def test_a_waiting_job_is_cancelled_at_once(world: World) -> None:
    job = await world.job()
    assert await ask(world, job.id) is Cancellation.CANCELLED
    row = await world.row(job.id)
    assert (row.state, row.wake_at) == (JobState.CANCELLED, None)
    assert (await world.post_row(job.post_id)).state is PostState.CANCELLED
    assert [event.type for event in await world.events()][-2:] == ["post.updated", "job.cancelled"]


async def test_a_prepared_job_is_cancelled_by_its_worker(world: World) -> None:
    job = (await world.claimed((await world.job()).id)).job
    assert await ask(world, job.id) is Cancellation.REQUESTED
    assert (await world.row(job.id)).state is JobState.PUBLISHING
    assert await write_intent(world, job) is False
    row = await world.row(job.id)
    assert (row.state, row.step, row.lease_until) == (JobState.CANCELLED, None, None)
    assert await world.types(job.id) == ["job.scheduled", "job.claimed", "job.cancel_requested", "job.cancelled"]
    [attempt] = await world.attempts(job.id)
    assert (attempt.outcome, attempt.ended_at is not None) == ("abort", True)


async def test_a_sent_job_is_not_cancelled(world: World) -> None:
    job = await world.sending()
    assert await ask(world, job.id) is None
    row = await world.row(job.id)
    assert (row.state, row.step, row.cancel_requested_at) == (JobState.PUBLISHING, JobStep.SENDING, None)
    assert (await world.types(job.id))[-1] == "job.intended"


@pytest.mark.parametrize("kind", [FaultKind.UNREACHABLE, FaultKind.AUTH_EXPIRED, FaultKind.POLICY])
async def test_a_wish_that_came_while_a_try_failed_is_granted(world: World, kind: FaultKind) -> None:
    job = (await world.claimed((await world.job()).id)).job
    await ask(world, job.id)
    verdict = judge_fault(fault(kind), attempts=1, max_attempts=3, timing=TIMING)
    async with world.db.transaction(world.tenant) as session:
        await settle(session, Settlement(job.id, job.fence, 0, verdict))
    row = await world.row(job.id)
    assert (row.state, row.wake_at, row.park_reason) == (JobState.CANCELLED, None, None)


async def test_two_hundred_races_end_in_the_truth(world: World) -> None:
    async def race() -> tuple[Cancellation | None, bool, JobState]:
        job = await world.job()
        claimed = await world.claimed(job.id)
        asked, intended = await asyncio.gather(ask(world, job.id), write_intent(world, claimed.job))
        return asked, intended, (await world.row(job.id)).state

    outcomes = [outcome for _ in range(20) for outcome in await asyncio.gather(*(race() for _ in range(10)))]
    assert {(asked is not None, intended) for asked, intended, _ in outcomes} <= {(True, False), (False, True)}
    assert all((state is JobState.CANCELLED) is (asked is not None) for asked, _, state in outcomes)


async def test_a_cancel_races_with_a_claim(world: World) -> None:
    async def take(job_id: UUID) -> Job | None:
        async with world.db.transaction(world.tenant) as session:
            claimed = await claim(session, Claim(job_id, LEASE, "worker"))
        return claimed.job if claimed else None

    for _ in range(30):
        job = await world.job()
        asked, taken = await asyncio.gather(ask(world, job.id), take(job.id))
        if asked is Cancellation.CANCELLED:
            assert taken is None
        else:
            assert asked is Cancellation.REQUESTED
            assert taken is not None
            assert await write_intent(world, taken) is False
        assert (await world.row(job.id)).state is JobState.CANCELLED


@pytest.mark.parametrize("state", [JobState.PUBLISHED, JobState.FAILED, JobState.CANCELLED])
async def test_what_has_ended_is_not_cancelled(world: World, state: JobState) -> None:
    job = await world.job()
    ref = "ref" if state is JobState.PUBLISHED else None
    await world.set(job.id, state=state, wake_at=None, platform_ref=ref)
    assert await ask(world, job.id) is None
    assert (await world.row(job.id)).state is state


async def test_a_thread_that_has_begun_is_not_cancelled(world: World) -> None:
    job = await world.job(parts=2)
    await world.set(job.id, part=1, state="retrying")
    assert await ask(world, job.id) is None
    assert (await world.row(job.id)).state is JobState.RETRYING


async def test_nobody_elses_job_is_cancelled(world: World, stranger: World) -> None:
    job = await stranger.job()
    with pytest.raises(NotFound):
        await ask(world, job.id)
    with pytest.raises(NotFound):
        await ask(world, uuid4())
    assert (await stranger.row(job.id)).state is JobState.SCHEDULED


async def test_an_intent_is_not_written_on_a_paused_connection(world: World) -> None:
    connection = await world.connection()
    job = (await world.claimed((await world.job(connection)).id)).job
    async with world.db.transaction(world.tenant) as session:
        await pause(session, connection.id)
    assert await write_intent(world, job) is False
    row, [part] = await world.row(job.id), await world.parts(job.id)
    assert (row.state, row.park_reason, row.attempts, row.crashes) == (JobState.PARKED, ParkReason.PAUSED, 0, 0)
    assert row.wake_at == row.publish_by
    assert part.intended_at is None


async def test_an_intent_is_not_written_after_the_lease(world: World) -> None:
    job = (await world.claimed((await world.job()).id)).job
    await world.age(job.id)
    with pytest.raises(LeaseLost):
        await write_intent(world, job)
    [part] = await world.parts(job.id)
    assert ((await world.row(job.id)).step, part.intended_at) == (JobStep.PREPARED, None)


async def test_a_post_is_cancelled_job_by_job(world: World) -> None:
    accounts = [await world.connection() for _ in range(3)]
    post, [waiting, prepared, sent] = await world.post(*accounts)
    await world.claimed(prepared.id)
    claimed = await world.claimed(sent.id)
    await write_intent(world, claimed.job)
    async with world.db.transaction(world.tenant) as session:
        answer = await cancel_post(session, post.id)
    assert [job.id for job in answer.cancelled] == [waiting.id]
    assert [job.id for job in answer.requested] == [prepared.id]
    assert [job.id for job in answer.too_late] == [sent.id]
    assert answer.post.state is PostState.PUBLISHING


async def test_cancelling_a_post_and_settling_its_jobs_do_not_block_each_other(world: World) -> None:
    accounts = [await world.connection() for _ in range(4)]

    async def fail(job: Job) -> None:
        async with world.db.transaction(world.tenant) as session:
            verdict = Verdict(JobEvent.FAIL, fault={"kind": "policy"})
            await settle(session, Settlement(job.id, job.fence, 0, verdict))

    async def cancel_all(post_id: UUID) -> None:
        async with world.db.transaction(world.tenant) as session:
            await cancel_post(session, post_id)

    for _ in range(10):
        post, jobs = await world.post(*accounts)
        claimed = [(await world.claimed(job.id)).job for job in jobs[1:]]
        await asyncio.gather(cancel_all(post.id), *(fail(job) for job in claimed))
        states = {(await world.row(job.id)).state for job in jobs}
        assert states <= {JobState.CANCELLED, JobState.FAILED}
