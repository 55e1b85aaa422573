from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from app.actions.jobs.offer import Offer, next_moment, offer
from app.actions.posts.schedule import schedule
from app.domain.posts.planned_time import PlannedTime
from app.services.db import Database
from app.services.gates import FOREVER
from tests.fixtures.world import World, now

AGAIN = timedelta(seconds=30)


@pytest.fixture(autouse=True)
async def nothing_else_is_due(world: World) -> None:
    await world.owner.execute("UPDATE jobs SET wake_at = $1 WHERE wake_at IS NOT NULL", FOREVER)
    await world.owner.execute("UPDATE tenant_gates SET next_wake_at = $1", FOREVER)


async def scan(db: Database, *, tenants: int = 50, each: int = 20) -> Sequence[Offer]:
    async with db.system() as session:
        return await offer(session, tenants=tenants, each=each, again=AGAIN)


async def gate(world: World) -> object:
    return await world.owner.fetchval("SELECT next_wake_at FROM tenant_gates WHERE tenant_id = $1", world.tenant)


async def crowd(world: World, count: int) -> list[UUID]:
    """Many due jobs at once, past the verbs."""
    connection = await world.connection()
    job = await world.job(connection)
    await world.owner.execute(
        """
        WITH numbers AS (SELECT gen_random_uuid() AS post, gen_random_uuid() AS job FROM generate_series(2, $2)),
        made AS (
            INSERT INTO posts (id, tenant_id, content, state, due_at, publish_by, late_policy, created_by)
            SELECT numbers.post, tenant_id, content, state, due_at, publish_by, late_policy, created_by
            FROM posts, numbers WHERE posts.id = $1
        )
        INSERT INTO jobs (id, tenant_id, post_id, connection_id, platform, content, state, parts, due_at, ready_at,
                          wake_at, publish_by, max_attempts)
        SELECT numbers.job, tenant_id, numbers.post, connection_id, platform, content, state, parts, due_at, ready_at,
               wake_at, publish_by, max_attempts
        FROM jobs, numbers WHERE jobs.id = $3
        """,
        job.post_id,
        count,
        job.id,
    )
    rows = await world.owner.fetch("SELECT id FROM jobs WHERE tenant_id = $1", world.tenant)
    return [row["id"] for row in rows]


async def test_a_due_job_is_offered_and_moved_on(world: World) -> None:
    job = await world.job()
    assert await scan(world.db) == [Offer(world.tenant, job.id, "scripted")]
    row = await world.row(job.id)
    assert row.wake_at is not None
    assert timedelta(seconds=25) < row.wake_at - now() <= AGAIN
    assert await gate(world) == row.wake_at
    assert await scan(world.db) == []


async def test_a_lost_wake_up_is_offered_again(world: World) -> None:
    job = await world.job()
    await scan(world.db)
    await world.set(job.id, wake_at=now())
    await world.owner.execute("UPDATE tenant_gates SET next_wake_at = $1", now())
    assert await scan(world.db) == [Offer(world.tenant, job.id, "scripted")]


async def test_what_is_not_due_is_not_offered(world: World) -> None:
    due = now() + timedelta(hours=1)
    await world.job(time=PlannedTime(due))
    assert await scan(world.db) == []
    assert await gate(world) == due
    async with world.db.system() as session:
        assert await next_moment(session) == due


async def test_a_gate_with_nothing_behind_it_closes(world: World) -> None:
    await world.owner.execute(
        "UPDATE tenant_gates SET next_wake_at = clock_timestamp() WHERE tenant_id = $1", world.tenant
    )
    assert await scan(world.db) == []
    assert await gate(world) == FOREVER


async def test_a_crowd_does_not_delay_anothers_one(world: World, stranger: World) -> None:
    await crowd(world, 500)
    job = await stranger.job()
    offers = await scan(world.db)
    assert Counter(one.tenant_id for one in offers) == {world.tenant: 20, stranger.tenant: 1}
    assert Offer(stranger.tenant, job.id, "scripted") in offers


async def test_tenants_take_turns_when_few_are_served(world: World, stranger: World) -> None:
    await crowd(world, 50)
    job = await stranger.job()
    first = await scan(world.db, tenants=1)
    second = await scan(world.db, tenants=1)
    third = await scan(world.db, tenants=1)
    assert Offer(stranger.tenant, job.id, "scripted") in [*first, *second, *third]


async def test_several_schedulers_offer_each_row_once(world: World) -> None:
    jobs = await crowd(world, 200)
    offered: list[UUID] = []

    async def work() -> None:
        empty = 0
        while empty < 5:
            found = await scan(world.db, each=7)
            offered.extend(one.job_id for one in found)
            empty = 0 if found else empty + 1

    await asyncio.gather(work(), work())
    assert sorted(offered) == sorted(jobs)


async def test_no_job_is_overlooked_when_gates_race(world: World) -> None:
    """Jobs come in, partly through slow transactions, while two schedulers close the gate behind each other."""
    accounts = [await world.connection() for _ in range(6)]
    made: list[UUID] = []
    offered: list[UUID] = []
    done = asyncio.Event()

    async def insert(number: int) -> None:
        for _ in range(8):
            command = world.schedule(accounts[number])
            async with world.db.transaction(world.tenant) as session:
                post = (await schedule(session, world.rt.catalog, command)).post
                await asyncio.sleep(0)
                made.append(post.id)

    async def work() -> None:
        while not done.is_set():
            offered.extend(one.job_id for one in await scan(world.db))

    workers = [asyncio.create_task(work()) for _ in range(2)]
    await asyncio.gather(*(insert(number) for number in range(6)))
    done.set()
    await asyncio.gather(*workers)
    while found := await scan(world.db):
        offered.extend(one.job_id for one in found)
    known = await world.owner.fetch("SELECT id FROM jobs WHERE tenant_id = $1", world.tenant)
    assert len(made) == len(known) == 48
    assert sorted(offered) == sorted(row["id"] for row in known)


async def test_an_insert_that_commits_behind_the_schedulers_back_keeps_the_gate_open(world: World) -> None:
    connection = await world.connection()
    await world.job(connection)
    command = replace(world.schedule(connection), labels=("late",))
    async with world.db.transaction(world.tenant) as session:
        # Not visible to the scan, which closes the gate; the gate is lowered as the transaction ends.
        late = (await schedule(session, world.rt.catalog, command)).post
        assert len(await scan(world.db)) == 1
    [found] = await scan(world.db)
    assert (await world.row(found.job_id)).post_id == late.id


async def test_every_tenant_of_a_full_house_is_served(world: World, stranger: World) -> None:
    await asyncio.gather(crowd(world, 60), crowd(stranger, 60))
    offers = [one for _ in range(3) for one in await scan(world.db, tenants=2)]
    assert Counter(one.tenant_id for one in offers) == {world.tenant: 60, stranger.tenant: 60}
