from __future__ import annotations

from datetime import timedelta

import pytest

from app.actions.jobs.park import miss, park, park_connection, release_connection
from app.domain.jobs.faults import MISSED_WINDOW
from app.domain.jobs.states import JobState, ParkReason
from app.domain.posts.planned_time import PlannedTime
from app.domain.posts.states import PostState
from tests.fixtures.world import World, now


@pytest.mark.parametrize("state", ["scheduled", "retrying"])
async def test_a_waiting_job_is_parked_until_its_window_ends(world: World, state: str) -> None:
    job = await world.job()
    await world.set(job.id, state=state)
    async with world.db.transaction(world.tenant) as session:
        assert await park(session, job.id, ParkReason.CONNECTION) is not None
    row = await world.row(job.id)
    assert (row.state, row.park_reason, row.wake_at) == (JobState.PARKED, ParkReason.CONNECTION, row.publish_by)
    assert (await world.post_row(job.post_id)).state is PostState.NEEDS_ATTENTION
    assert (await world.events(job.id))[-1].changes["reason"] == "connection"


async def test_a_job_under_way_is_not_parked(world: World) -> None:
    job = await world.sending()
    async with world.db.transaction(world.tenant) as session:
        assert await park(session, job.id, ParkReason.PAUSED) is None
    assert (await world.row(job.id)).state is JobState.PUBLISHING


async def test_a_connections_due_jobs_are_parked_and_no_others(world: World) -> None:
    connection = await world.connection()
    due, later = await world.job(connection), await world.job(connection, time=PlannedTime(now() + timedelta(hours=1)))
    other = await world.job()
    async with world.db.transaction(world.tenant) as session:
        parked = await park_connection(session, connection.id, ParkReason.PAUSED)
    assert [job.id for job in parked] == [due.id]
    assert [(await world.row(job.id)).state for job in (later, other)] == [JobState.SCHEDULED] * 2


async def test_a_released_job_goes_out_at_once(world: World) -> None:
    connection = await world.connection()
    job = await world.job(connection)
    async with world.db.transaction(world.tenant) as session:
        await park(session, job.id, ParkReason.CONNECTION)
    async with world.db.transaction(world.tenant) as session:
        [released] = await release_connection(session, connection.id)
    row = await world.row(released.id)
    assert (row.state, row.park_reason, row.due_at) == (JobState.SCHEDULED, None, job.due_at)
    assert row.wake_at is not None
    assert row.ready_at <= row.wake_at <= now()
    assert await world.types(job.id) == ["job.scheduled", "job.parked", "job.released"]


async def test_a_released_job_of_later_keeps_its_time(world: World) -> None:
    connection = await world.connection()
    job = await world.job(connection, time=PlannedTime(now() + timedelta(hours=1)))
    async with world.db.transaction(world.tenant) as session:
        await park(session, job.id, ParkReason.CONNECTION)
        await release_connection(session, connection.id)
    row = await world.row(job.id)
    assert (row.ready_at, row.wake_at) == (job.due_at, job.due_at)


async def test_a_job_whose_window_has_passed_is_not_released(world: World) -> None:
    connection = await world.connection()
    job = await world.job(connection)
    async with world.db.transaction(world.tenant) as session:
        await park(session, job.id, ParkReason.CONNECTION)
    await world.set(job.id, publish_by=now() - timedelta(seconds=1))
    async with world.db.transaction(world.tenant) as session:
        assert list(await release_connection(session, connection.id)) == []
    assert (await world.row(job.id)).state is JobState.PARKED


@pytest.mark.parametrize("state", ["scheduled", "retrying", "parked"])
async def test_a_missed_window_is_told(world: World, state: str) -> None:
    job = await world.job()
    reason = "paused" if state == "parked" else None
    await world.set(job.id, state=state, park_reason=reason, publish_by=now() - timedelta(seconds=1))
    async with world.db.transaction(world.tenant) as session:
        assert await miss(session, job.id) is not None
    row = await world.row(job.id)
    assert (row.state, row.wake_at, row.fault, row.park_reason) == (JobState.FAILED, None, MISSED_WINDOW, None)
    assert (await world.events(job.id))[-1].changes["fault"] == "missed_window"


async def test_an_open_window_is_not_missed(world: World) -> None:
    job = await world.job()
    async with world.db.transaction(world.tenant) as session:
        assert await miss(session, job.id) is None
    assert await world.types(job.id) == ["job.scheduled"]


async def test_a_job_under_way_is_not_missed(world: World) -> None:
    job = await world.sending()
    await world.set(job.id, publish_by=now() - timedelta(seconds=1))
    async with world.db.transaction(world.tenant) as session:
        assert await miss(session, job.id) is None
    assert (await world.row(job.id)).state is JobState.PUBLISHING
