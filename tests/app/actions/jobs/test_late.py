"""What follows when a window has passed: fail, publish all the same, or ask; and how a person settles it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.actions.jobs.cancel import cancel
from app.actions.jobs.claim import Claim, claim
from app.actions.jobs.intend import Intend, intend
from app.actions.jobs.park import miss, park, release_connection
from app.actions.jobs.reschedule import Reschedule, reschedule
from app.actions.jobs.resolve import Resolve, resolve
from app.actions.jobs.retry import Retry, retry
from app.actions.jobs.settle import Settlement, settle
from app.actions.jobs.settle_late import LateChoice, SettleLate, settle_late
from app.actions.posts.schedule import schedule
from app.actions.rules.decide import Decide, decide
from app.domain.jobs.errors import JobNotCancellable, JobNotInReview, JobNotLate, JobNotReschedulable
from app.domain.jobs.late import ReviewReason, review_reason
from app.domain.jobs.model import Job
from app.domain.jobs.review import Resolution
from app.domain.jobs.states import JobEvent, JobState, ParkReason
from app.domain.jobs.verdict import Verdict
from app.domain.posts.states import PostState
from app.domain.rules.queries import Rules
from app.flows.upkeep.verify import verify
from app.kernel.late_policy import LatePolicy
from app.services.idempotency import IdempotencyKeyReused
from tests.fixtures.world import LEASE, World, now

FAIL, PUBLISH, ASK = LatePolicy
PAST = timedelta(seconds=-1)


async def _late(world: World, policy: LatePolicy, **changes: object) -> Job:
    """A job that waits, and whose window has passed."""
    job = await world.job(late_policy=policy, **changes)
    await world.set(job.id, publish_by=now() + PAST)
    return job


async def _asked(world: World) -> Job:
    job = await _late(world, ASK)
    async with world.db.transaction(world.tenant) as session:
        found = await miss(session, job.id)
    assert found is not None
    return found


async def test_without_a_word_it_fails(world: World) -> None:
    job = await _late(world, FAIL)
    async with world.db.transaction(world.tenant) as session:
        await miss(session, job.id)
    row = await world.row(job.id)
    assert (row.state, row.fault and row.fault["kind"], row.wake_at) == (JobState.FAILED, "missed_window", None)
    assert row.overdue_at is not None


async def test_who_wants_to_be_asked_is_asked_and_nothing_was_sent(world: World) -> None:
    row = await _asked(world)
    assert (row.state, row.wake_at, row.overdue_at) == (JobState.NEEDS_REVIEW, None, None)
    assert review_reason(row) is ReviewReason.LATE
    assert (await world.events(row.id))[-1].changes["fault"] == "late"
    assert (await world.post_row(row.post_id)).state is PostState.NEEDS_ATTENTION


async def test_a_lost_outcome_is_another_reason(world: World) -> None:
    job = await world.job()
    await world.set(job.id, state="needs_review", wake_at=None)
    assert review_reason(await world.row(job.id)) is ReviewReason.OUTCOME
    assert review_reason(await world.job()) is None


async def test_what_may_go_out_late_is_claimed_and_intended_after_its_window(world: World) -> None:
    job = await _late(world, PUBLISH)
    async with world.db.transaction(world.tenant) as session:
        assert await miss(session, job.id) is None
    found = await world.claimed(job.id)
    async with world.db.transaction(world.tenant) as session:
        assert await intend(session, Intend(job.id, found.job.fence, LEASE, 0))


@pytest.mark.parametrize("policy", [FAIL, ASK])
async def test_what_may_not_is_not_claimed(world: World, policy: LatePolicy) -> None:
    job = await _late(world, policy)
    async with world.db.transaction(world.tenant) as session:
        assert await claim(session, Claim(job.id, LEASE, "worker")) is None
    assert (await world.row(job.id)).state is JobState.SCHEDULED


@pytest.mark.parametrize(
    ("policy", "state", "kind"), [(FAIL, "failed", "missed_window"), (ASK, "needs_review", "late")], ids=str
)
async def test_a_window_that_ends_while_it_is_prepared(world: World, policy: LatePolicy, state: str, kind: str) -> None:
    job = await world.job(late_policy=policy)
    found = await world.claimed(job.id)
    await world.set(job.id, publish_by=now() + PAST)
    async with world.db.transaction(world.tenant) as session:
        assert not await intend(session, Intend(job.id, found.job.fence, LEASE, 0))
    row = await world.row(job.id)
    assert (row.state, row.fault and row.fault["kind"], row.step, row.lease_until) == (state, kind, None, None)
    assert (await world.attempts(job.id))[0].ended_at is not None
    assert (await verify(world.db, only=world.tenant)).holds


async def test_a_parked_job_that_may_go_out_late_is_released_after_its_window(world: World) -> None:
    connection = await world.connection()
    job = await world.job(connection, late_policy=PUBLISH)
    await world.set(job.id, publish_by=now() + PAST)
    async with world.db.transaction(world.tenant) as session:
        await park(session, job.id, ParkReason.CONNECTION)
    row = await world.row(job.id)
    assert row.wake_at is not None
    assert row.wake_at > now() + timedelta(minutes=50)  # not offered again and again meanwhile
    async with world.db.transaction(world.tenant) as session:
        assert [one.id for one in await release_connection(session, connection.id)] == [job.id]
    released = await world.row(job.id)
    assert released.owed_at is not None
    assert released.owed_at >= released.ready_at > released.due_at  # the time before is not ours


async def test_a_parked_job_that_misses_its_window_is_not_held_against_us(world: World) -> None:
    job = await _late(world, FAIL)
    async with world.db.transaction(world.tenant) as session:
        await park(session, job.id, ParkReason.CONNECTION)
        await miss(session, job.id)
    row = await world.row(job.id)
    assert (row.state, row.overdue_at) == (JobState.FAILED, None)


async def test_a_try_that_backs_off_after_its_window_is_looked_at_when_it_is_tried(world: World) -> None:
    job = await world.job(late_policy=PUBLISH)
    found = await world.claimed(job.id)
    await world.set(job.id, publish_by=now() + PAST)
    verdict = Verdict(JobEvent.BACK_OFF, timedelta(minutes=5), {"kind": "unreachable"})
    async with world.db.transaction(world.tenant) as session:
        row = await settle(session, Settlement(job.id, found.job.fence, 0, verdict))
    assert row.wake_at is not None
    assert abs(row.wake_at - row.ready_at) < timedelta(seconds=1)


async def _settle(world: World, job: Job, choice: LateChoice, after: timedelta = timedelta()) -> Job:
    due = now() + after
    async with world.db.transaction(world.tenant) as session:
        return await settle_late(session, SettleLate(job.id, choice, due, due + timedelta(hours=1)))


@pytest.mark.parametrize(
    ("choice", "after"), [(LateChoice.PUBLISH_NOW, timedelta()), (LateChoice.RESCHEDULE, timedelta(hours=2))]
)
async def test_it_is_taken_up_under_its_own_key(world: World, choice: LateChoice, after: timedelta) -> None:
    job = await _asked(world)
    [before] = await world.parts(job.id)
    row = await _settle(world, job, choice, after)
    assert (row.state, row.fault, row.epoch, row.attempts) == (JobState.SCHEDULED, None, 0, 0)
    assert row.due_at == row.ready_at == row.wake_at == row.publish_by - timedelta(hours=1)
    [part] = await world.parts(job.id)
    assert (part.attempt_key, part.composed_at) == (before.attempt_key, row.due_at)
    assert (await world.types(job.id))[-2:] == ["job.needs_review", "job.taken_up"]
    told = await world.owner.fetchrow("SELECT verb, details FROM audit_log WHERE subject_id = $1", job.id)
    assert told["verb"] == "job.settle_late"
    assert (await verify(world.db, only=world.tenant)).holds


async def test_it_is_dropped_and_can_still_be_retried(world: World) -> None:
    job = await _asked(world)
    row = await _settle(world, job, LateChoice.DROP)
    assert (row.state, row.fault and row.fault["kind"]) == (JobState.FAILED, "dropped")
    async with world.db.transaction(world.tenant) as session:
        again = await retry(session, Retry(job.id, now(), now() + timedelta(hours=1)))
    assert again.state is JobState.SCHEDULED
    assert (await verify(world.db, only=world.tenant)).holds


async def test_only_what_is_late_is_settled_so(world: World) -> None:
    unknown, waiting = await world.job(), await world.job()
    await world.set(unknown.id, state="needs_review", wake_at=None)
    for job in (unknown, waiting):
        with pytest.raises(JobNotLate) as refused:
            await _settle(world, job, LateChoice.PUBLISH_NOW)
        assert ("resolveJob" in refused.value.hint) is (job is unknown)
        assert (await world.row(job.id)).revision == 1


async def test_a_late_job_is_not_settled_by_other_means(world: World) -> None:
    job = await _asked(world)
    later = Reschedule(job.id, now(), now() + timedelta(hours=1))
    async with world.db.transaction(world.tenant) as session:
        with pytest.raises(JobNotInReview, match="nothing was sent"):
            await resolve(session, Resolve(job.id, Resolution.CONFIRM, "https://scripted.example/x"))
        with pytest.raises(JobNotReschedulable):
            await reschedule(session, later)
        with pytest.raises(JobNotCancellable) as refused:
            await cancel(session, job.id)
    assert "settleLateJob" in refused.value.hint
    assert (await world.row(job.id)).revision == job.revision


async def test_the_policy_is_the_posts_else_the_workspaces_else_the_installations(world: World) -> None:
    assert (await world.job()).late_policy is FAIL
    timing = world.rt.settings.timing.model_copy(update={"late_policy": PUBLISH})
    assert (await world.job(timing=timing)).late_policy is PUBLISH
    async with world.db.transaction(world.tenant) as session:
        await decide(session, Decide(Rules(late_policy=ASK)))
    job = await world.job(timing=timing)
    assert (job.late_policy, (await world.post_row(job.post_id)).late_policy) == (ASK, ASK)
    assert (await world.job(late_policy=FAIL)).late_policy is FAIL


async def test_a_key_that_was_used_without_a_policy_is_not_used_with_one(world: World) -> None:
    plain = world.schedule(await world.connection(), idempotency_key="k")
    for command, refused in ((plain, False), (plain, False), (replace(plain, late_policy=ASK), True)):
        async with world.db.transaction(world.tenant) as session:
            if not refused:
                await schedule(session, world.rt.catalog, command)
                continue
            with pytest.raises(IdempotencyKeyReused):
                await schedule(session, world.rt.catalog, command)
