"""What `wake` does besides publishing: rescue, poll, reconcile, park and release."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.actions.connections.connect import Connect, connect
from app.actions.connections.judge import Look, judge
from app.actions.jobs.park import release_connection
from app.domain.connections.states import ConnectionState
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobState
from app.flows.connections import switch
from app.flows.connections.monitor import look_at, rhythm_of
from app.flows.publishing.wake import wake
from connectors.contract import Absent, Account, AccountGrant, Failed, Found, Pending, PublishedRef, Tokens, Undecided
from connectors.faults import FaultKind
from connectors.secret import Secret
from tests.fixtures.scripted import CAPABILITIES, fault, refusal
from tests.fixtures.world import TIMING, World, now

S, K = JobState, FaultKind
WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""

PAST_THE_DELAY = timedelta(seconds=10)


async def go(world: World, job: Job) -> Job:
    await wake(world.rt, world.tenant, job.id, "worker-1")
    return await world.row(job.id)


async def unknown(world: World) -> Job:
    world.platform.on_publish.append(world.platform.lose)
    return await go(world, await world.job())


async def processing(world: World, **changes: Any) -> Job:
    world.platform.on_publish.append(Pending({"container": "7"}, timedelta(seconds=1)))
    return await go(world, await world.job(**changes))


@pytest.mark.parametrize(
    "step", [refusal(K.UNREACHABLE), Undecided("The list lags."), KeyError("bug"), refusal(K.AUTH_EXPIRED)]
)
async def test_what_cannot_be_told_is_looked_for_again_and_then_given_to_a_person(world: World, step: Any) -> None:
    job = await unknown(world)
    world.platform.on_reconcile.extend([step] * 4)
    row = await go(world, job)
    assert (row.state, row.lease_until) == (S.UNKNOWN, None)
    assert row.wake_at is not None
    await world.age(job.id)
    row = await go(world, job)
    assert (row.state, row.fault and row.fault["kind"]) == (S.NEEDS_REVIEW, "outcome_unknown")
    assert world.platform.calls.count("publish") == 1


async def test_an_absence_is_not_believed_before_the_settle_delay(world: World) -> None:
    job = await unknown(world)
    world.platform.on_reconcile.extend([Absent("It is not there."), Absent("It is not there.")])
    row = await go(world, job)  # woken early, as a webhook does
    assert (row.state, row.lease_until) == (S.UNKNOWN, None)
    await world.age(job.id, PAST_THE_DELAY)
    assert (await go(world, job)).state is S.RETRYING


async def test_a_worker_whose_clock_is_ahead_believes_no_absence_early(world: World) -> None:
    job = await unknown(world)
    world.platform.on_reconcile.append(Absent("It is not there."))
    world.clock.ahead = timedelta(hours=1)
    assert (await go(world, job)).state is S.UNKNOWN


async def test_a_worker_whose_clock_is_ahead_asks_no_person_early(world: World) -> None:
    job = await unknown(world)
    world.platform.on_reconcile.append(Undecided("The list lags."))
    world.clock.ahead = timedelta(hours=1)
    assert (await go(world, job)).state is S.UNKNOWN


async def test_a_worker_whose_clock_is_ahead_gives_no_platform_up_early(world: World) -> None:
    job = await processing(world)
    world.platform.on_poll.append(Pending({"container": "7"}, timedelta(seconds=1)))
    world.clock.ahead = timedelta(days=1)
    assert (await go(world, job)).state is S.PROCESSING


async def test_a_post_that_is_found_before_the_settle_delay_is_published(world: World) -> None:
    job = await unknown(world)
    assert (await go(world, job)).state is S.PUBLISHED


async def test_a_slow_look_is_not_taken_over(world: World) -> None:
    job = await unknown(world)
    await world.age(job.id, PAST_THE_DELAY)

    async def slow(task: Any, access: Any) -> Absent:
        await go(world, job)  # somebody else is woken meanwhile
        return Absent("It is not there.")

    world.platform.on_reconcile.append(slow)
    assert (await go(world, job)).state is S.RETRYING
    assert world.platform.calls.count("reconcile") == 1


async def test_a_job_that_kills_its_workers_while_sending_is_buried_once_it_is_proved_absent(world: World) -> None:
    job = await world.job()
    for crashes in (1, 2, 3):
        claimed = await world.claimed(job.id)
        await world.set(job.id, step="sending")
        await world.age(job.id)
        row = await go(world, job)
        assert (row.state, row.crashes) == (S.UNKNOWN, crashes)
        await world.age(job.id, PAST_THE_DELAY)
        row = await go(world, job)
        assert row.state is (S.FAILED if crashes == 3 else S.RETRYING)
        await world.age(job.id)
        assert claimed.job.crashes == crashes - 1
    assert row.fault is not None
    assert row.fault["kind"] == "worker_crashed"
    assert world.platform.calls == ["reconcile"] * 3


async def test_what_is_refused_as_a_duplicate_and_is_not_there_fails_with_that_reason(world: World) -> None:
    world.platform.on_publish.append(Failed(fault(K.DUPLICATE)))
    job = await go(world, await world.job())
    assert job.state is S.UNKNOWN
    world.platform.on_reconcile.append(Absent("It is not there."))
    await world.age(job.id, PAST_THE_DELAY)
    row = await go(world, job)
    assert (row.state, row.wake_at, row.fault and row.fault["kind"]) == (S.FAILED, None, "duplicate")
    assert world.platform.calls.count("publish") == 1


async def test_what_is_refused_as_a_duplicate_and_is_there_is_published(world: World) -> None:
    world.platform.on_publish.append(Failed(fault(K.DUPLICATE)))
    job = await go(world, await world.job())
    await world.age(job.id, PAST_THE_DELAY)
    world.platform.on_reconcile.append(Found(PublishedRef("at://ours"), "It has our key."))
    assert (await go(world, job)).state is S.PUBLISHED


async def test_a_rescued_job_waits_as_long_as_its_platform_says(world: World) -> None:
    world.platform.capabilities = type(CAPABILITIES)(
        **{name: getattr(CAPABILITIES, name) for name in CAPABILITIES.__slots__ if name != "settle_delay"},
        settle_delay=timedelta(minutes=20),
    )
    job = await world.sending()
    await world.age(job.id)
    row = await go(world, job)
    assert row.state is S.UNKNOWN
    assert row.wake_at is not None
    assert row.wake_at - now() > timedelta(minutes=19)


@pytest.mark.parametrize(
    "step",
    [
        refusal(K.UNREACHABLE),
        KeyError("bug"),
        Failed(fault(K.AUTH_EXPIRED)),
        Pending({"container": "7"}, timedelta(seconds=1)),
    ],
)
async def test_a_platform_that_never_finishes_leaves_the_outcome_unknown(world: World, step: Any) -> None:
    job = await processing(world)
    world.platform.on_poll.extend([step, step])
    assert (await go(world, job)).state is S.PROCESSING
    await world.age(job.id)
    row = await go(world, job)
    assert (row.state, row.fault and row.fault["kind"]) == (S.UNKNOWN, "processing_overdue")
    assert row.processing_since is None


async def test_a_poll_that_says_that_nothing_came_of_it_is_a_failed_try(world: World) -> None:
    job = await processing(world)
    world.platform.on_poll.append(Failed(fault(K.PLATFORM_DOWN)))
    row = await go(world, job)
    assert (row.state, row.attempts, row.processing_since) == (S.RETRYING, 1, None)


async def test_a_part_that_was_processed_lets_the_next_one_wait_for_its_turn(world: World) -> None:
    connection = await world.connection()
    job = (await world.post(connection, parts=2))[1][0]
    world.platform.on_publish.append(Pending({"container": "7"}, timedelta(seconds=1)))
    assert (await go(world, job)).state is S.PROCESSING
    other = await world.job(connection)
    await world.claimed(other.id)
    row = await go(world, job)
    assert (row.state, row.part) == (S.RETRYING, 1)
    assert (await go(world, job)).state is S.RETRYING  # the other one still runs
    await world.set(other.id, state="cancelled", wake_at=None, lease_until=None, step=None)
    assert (await go(world, job)).state is S.PUBLISHED


async def lose(world: World, connection_id: Any) -> None:
    async with world.db.transaction(world.tenant) as session:
        found = fault(K.AUTH_EXPIRED)
        await judge(session, Look(connection_id, "check", now(), rhythm_of(TIMING), fault=found, lost=True))


async def test_a_job_is_not_parked_behind_a_reconnect(world: World) -> None:
    """The reconnect has released what was parked; a job that is parked just then must not be left behind."""
    connection = await world.connection("ada")
    job = await world.job(connection)
    await lose(world, connection.id)
    account = Account("id:ada", "@ada", "ada", "https://scripted.example")
    async with world.db.transaction(world.tenant) as session:
        grant = AccountGrant(account, Tokens(Secret("new")))
        await connect(session, world.rt.vault, Connect("scripted", grant, now(), timedelta(minutes=1)))
        await release_connection(session, connection.id)
        woken = asyncio.create_task(go(world, job))  # still sees the lost connection
        while not await world.owner.fetchval(WAITING):  # noqa: ASYNC110 -- the database's state, not ours
            await asyncio.sleep(0.005)
    row = await woken
    assert row.state is S.SCHEDULED
    assert (await go(world, job)).state is S.PUBLISHED


async def test_a_job_that_was_parked_by_an_old_view_is_released_by_the_monitor(world: World) -> None:
    job = await world.job()
    await world.set(job.id, state="parked", park_reason="connection", wake_at=now() + timedelta(hours=6))
    await look_at(world.rt, world.tenant, job.connection_id)
    assert (await world.row(job.id)).state is S.SCHEDULED


async def test_a_parked_job_whose_connection_works_is_released_when_it_is_woken(world: World) -> None:
    job = await world.job()
    await world.set(job.id, state="parked", park_reason="connection")
    assert (await go(world, job)).state is S.SCHEDULED


async def test_a_switch_parks_and_releases(world: World) -> None:
    connection = await world.connection()
    job = await world.job(connection)
    async with world.db.transaction(world.tenant) as session:
        await switch.pause(session, connection.id)
    assert (await world.row(job.id)).state is S.PARKED
    assert (await go(world, job)).state is S.PARKED
    async with world.db.transaction(world.tenant) as session:
        await switch.resume(session, connection.id, now=now())
    assert (await go(world, job)).state is S.PUBLISHED


async def test_a_woken_job_that_is_gone_is_nothing(world: World, stranger: World) -> None:
    job = await stranger.job()
    await wake(world.rt, world.tenant, job.id, "worker-1")
    assert (await stranger.row(job.id)).state is S.SCHEDULED
    assert world.platform.calls == []


async def test_a_reconnect_lets_the_parked_post_out_under_its_key(world: World) -> None:
    world.platform.on_publish.append(refusal(K.ACCOUNT_GONE))
    world.platform.on_check.append(refusal(K.ACCOUNT_GONE))
    connection = await world.connection("ada")
    job = await go(world, await world.job(connection))
    [before] = await world.parts(job.id)
    assert (await world.connection_row(connection.id)).state is ConnectionState.ATTENTION
    account = Account("id:ada", "@ada", "ada", "https://scripted.example")
    async with world.db.transaction(world.tenant) as session:
        grant = AccountGrant(account, Tokens(Secret("new")))
        await connect(session, world.rt.vault, Connect("scripted", grant, now(), timedelta(minutes=1)))
        await release_connection(session, connection.id)
    assert (await go(world, job)).state is S.PUBLISHED
    assert world.platform.ledger == [(before.attempt_key, 0)]
    assert world.platform.tokens_seen[-1] == "new"


async def test_what_a_worker_found_after_it_was_replaced_changes_nothing(world: World) -> None:
    job = await unknown(world)

    async def late(task: Any, access: Any) -> Found:
        await world.owner.execute("UPDATE jobs SET fence = fence + 1 WHERE id = $1", job.id)
        return Found(PublishedRef("ref"), "It is there.")

    world.platform.on_reconcile.append(late)
    row = await go(world, job)
    assert (row.state, row.platform_ref) == (S.UNKNOWN, None)
