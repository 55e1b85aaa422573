"""Posts that missed their window: offered again only where nothing of them can be on the platform."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.actions.jobs.discard import discard
from app.actions.jobs.park import miss, park
from app.domain.connections.errors import ConnectionNotUsable
from app.domain.connections.model import Connection
from app.domain.jobs.backlog import Backlog, backlogs
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobState, ParkReason
from app.flows.publishing.missed import MissedAction, Released, ReleaseMissed, release_missed
from app.flows.publishing.wake import wake
from app.kernel.errors import InvalidInput, NotFound
from connectors.faults import Effect, FaultKind
from tests.fixtures.scripted import refusal
from tests.fixtures.world import World, now

K, S, A = FaultKind, JobState, MissedAction


async def missed(world: World, connection: Connection) -> Job:
    """A job that was parked until its window had passed."""
    job = await world.job(connection)
    async with world.db.transaction(world.tenant) as session:
        await park(session, job.id, ParkReason.CONNECTION)
    return await over(world, job.id)


async def over(world: World, job_id: UUID) -> Job:
    await world.set(job_id, publish_by=now() - timedelta(seconds=1))
    async with world.db.transaction(world.tenant) as session:
        assert await miss(session, job_id) is not None
    return await world.row(job_id)


async def go(world: World, job: Job) -> Job:
    await world.age(job.id)
    await wake(world.rt, world.tenant, job.id, "worker")
    return await world.row(job.id)


async def release(world: World, action: MissedAction = A.PUBLISH_NOW, **changes: Any) -> Released:
    moment = changes.pop("due_at", now())
    command = ReleaseMissed(action, moment, moment + timedelta(hours=6), **changes)
    async with world.db.transaction(world.tenant) as session:
        return await release_missed(session, command)


async def backlog(world: World, connection: Connection) -> Backlog:
    async with world.db.read(world.tenant) as session:
        (found,) = await backlogs(session, [connection.id])
    return found


async def test_a_dry_run_counts_and_changes_nothing(world: World) -> None:
    connection = await world.connection()
    jobs = [await missed(world, connection) for _ in range(3)]
    events = await world.types()
    done = await release(world, connection_id=connection.id, dry_run=True)
    assert ([job.id for job in done.jobs], done.left, done.more) == ([job.id for job in jobs], [], False)
    assert [(await world.row(job.id)).revision for job in jobs] == [job.revision for job in jobs]
    assert await world.types() == events


async def test_released_posts_go_out_once_each_under_their_keys(world: World) -> None:
    connection = await world.connection()
    jobs = [await missed(world, connection) for _ in range(2)]
    keys = [(await world.parts(job.id))[0].attempt_key for job in jobs]
    await release(world, connection_id=connection.id)
    for job in jobs:
        assert (await go(world, job)).state is S.PUBLISHED
    assert world.platform.ledger == [(key, 0) for key in keys]
    assert list((await release(world, connection_id=connection.id)).jobs) == []
    audited = await world.owner.fetch("SELECT verb FROM audit_log WHERE tenant_id = $1", world.tenant)
    assert [row["verb"] for row in audited] == ["job.retry"] * 2


async def test_moved_posts_wait_for_their_new_time(world: World) -> None:
    connection, later = await world.connection(), now() + timedelta(days=1)
    job = await missed(world, connection)
    await release(world, A.RESCHEDULE, connection_id=connection.id, due_at=later)
    row = await world.row(job.id)
    assert (row.state, row.due_at, row.publish_by) == (S.SCHEDULED, later, later + timedelta(hours=6))
    assert row.fault is None


async def test_dropped_posts_stay_failed_and_are_offered_no_more(world: World) -> None:
    connection = await world.connection()
    job = await missed(world, connection)
    await release(world, A.DROP, job_ids=(job.id,))
    row = await world.row(job.id)
    assert (row.state, (row.fault or {})["kind"], row.wake_at) == (S.FAILED, "dropped", None)
    assert (await backlog(world, connection)).missed == 0
    assert (await world.types(job.id))[-1] == "job.dropped"
    assert list((await release(world, connection_id=connection.id)).jobs) == []


async def test_a_discarded_post_is_offered_no_more(world: World) -> None:
    connection = await world.connection()
    job = await missed(world, connection)
    async with world.db.transaction(world.tenant) as session:
        await discard(session, job.id)
    assert (await backlog(world, connection)).missed == 0
    assert list((await release(world, connection_id=connection.id)).jobs) == []


async def test_a_post_that_the_platform_refused_was_not_sent(world: World) -> None:
    """Its token had died: the platform said so, and its window passed while nobody reconnected."""
    connection = await world.connection()
    world.platform.on_publish.append(refusal(K.AUTH_EXPIRED))
    world.platform.on_check.append(refusal(K.AUTH_EXPIRED))
    job = await go(world, await world.job(connection))
    assert job.state is S.PARKED
    await over(world, job.id)
    await world.update("connections", connection.id, state="healthy")
    done = await release(world, connection_id=connection.id)
    assert [one.id for one in done.jobs] == [job.id]


async def test_a_post_that_may_have_been_sent_once_is_left_to_a_person(world: World) -> None:
    connection = await world.connection()
    world.platform.on_publish.append(refusal(K.NO_ANSWER, effect=Effect.UNKNOWN))
    job = await go(world, await world.job(connection))
    job = await go(world, job)
    assert job.state is S.RETRYING  # looked for, and not found
    await over(world, job.id)
    assert list((await release(world, connection_id=connection.id)).jobs) == []
    named = await release(world, job_ids=(job.id,))
    assert ([one.id for one in named.jobs], [one.id for one in named.left]) == ([], [job.id])
    assert ((await world.row(job.id)).state, (await backlog(world, connection)).missed) == (S.FAILED, 0)


async def test_a_thread_that_is_partly_out_is_left_to_a_person(world: World) -> None:
    connection = await world.connection()
    job = await world.job(connection, parts=2)
    await world.set(job.id, part=1)
    await over(world, job.id)
    assert list((await release(world, connection_id=connection.id)).jobs) == []


@pytest.mark.parametrize("state", ["scheduled", "parked", "published", "cancelled"])
async def test_a_job_that_did_not_miss_its_window_is_left_as_it_is(world: World, state: str) -> None:
    job = await world.job()
    values: dict[str, Any] = {"state": state, "park_reason": "connection" if state == "parked" else None}
    if state in ("published", "cancelled"):
        values |= {"wake_at": None, "platform_ref": "x" if state == "published" else None}
    await world.set(job.id, **values)
    done = await release(world, job_ids=(job.id,))
    assert ([one.id for one in done.jobs], [one.id for one in done.left]) == ([], [job.id])
    assert (await world.row(job.id)).revision == job.revision


async def test_a_post_that_goes_there_by_another_job_is_left(world: World) -> None:
    connection = await world.connection()
    job = await missed(world, connection)
    await world.owner.execute(
        "INSERT INTO jobs (id, tenant_id, post_id, connection_id, platform, content, state, parts, due_at, ready_at, "
        "wake_at, publish_by, max_attempts) SELECT gen_random_uuid(), tenant_id, post_id, connection_id, platform, "
        "content, 'scheduled', 1, due_at, ready_at, now(), publish_by, 3 FROM jobs WHERE id = $1",
        job.id,
    )
    assert list((await release(world, connection_id=connection.id)).jobs) == []


@pytest.mark.parametrize("state", ["attention", "revoked"])
async def test_nothing_is_released_to_an_account_that_is_away(world: World, state: str) -> None:
    connection = await world.connection()
    job = await missed(world, connection)
    await world.update("connections", connection.id, state=state)
    with pytest.raises(ConnectionNotUsable):
        await release(world, job_ids=(job.id,))
    assert (await world.row(job.id)).state is S.FAILED
    assert len((await release(world, A.DROP, connection_id=connection.id)).jobs) == 1


async def test_either_the_connection_or_the_jobs_are_named(world: World) -> None:
    connection = await world.connection()
    for wrong in ({}, {"connection_id": connection.id, "job_ids": ()}, {"job_ids": ()}):
        with pytest.raises(InvalidInput):
            await release(world, **wrong)


async def test_nobody_elses_posts_are_released(world: World, stranger: World) -> None:
    connection = await stranger.connection()
    job = await missed(stranger, connection)
    for wrong in ({"connection_id": connection.id}, {"job_ids": (job.id,)}):
        with pytest.raises(NotFound):
            await release(world, **wrong)
    assert (await stranger.row(job.id)).state is S.FAILED
    assert ((await backlog(stranger, connection)).missed, (await backlog(world, connection)).missed) == (1, 0)


async def test_what_waits_and_what_came_too_late_is_counted(world: World) -> None:
    connection, other = await world.connection(), await world.connection()
    await missed(world, connection)
    await world.job(connection)
    held = await world.job(connection)
    await world.set(held.id, state="parked", park_reason="connection")
    assert await backlog(world, connection) == Backlog(connection.id, parked=1, planned=1, missed=1)
    assert await backlog(world, other) == Backlog(other.id)
