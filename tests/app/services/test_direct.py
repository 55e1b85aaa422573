from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.domain.jobs.model import Job
from app.domain.jobs.states import JobState
from app.services import db as db_module
from app.services import direct
from app.services.db import Database, passing
from app.services.records import columns, reader
from tests.fixtures.world import World

ENTERED = "SELECT current_setting('app.tenant_id', true) AS tenant, pg_backend_pid() AS pid"
OTHER = UUID("01980000-0000-7000-8000-000000000001")


@pytest.fixture
async def one(world: World) -> AsyncIterator[Database]:
    """A pool of one connection: whatever is left on it meets the next transaction."""
    url = world.db.app_engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    database = Database(url, name="postd-tests", size=1)
    yield database
    await database.close()


async def test_a_statement_runs_as_the_transactions_tenant_and_is_committed_with_it(world: World) -> None:
    job = await world.job()
    mine = "UPDATE jobs SET revision = revision + 1 WHERE id = $1 RETURNING id"
    async with world.db.transaction(OTHER) as session:
        assert await direct.rows(session, mine, job.id) == []
    async with world.db.transaction(world.tenant) as session:
        found = await direct.row(session, mine, job.id)
    assert (found is not None, (await world.row(job.id)).revision) == (True, job.revision + 1)


async def test_both_doors_share_one_transaction(world: World) -> None:
    async with world.db.read(world.tenant) as session:
        first = await session.scalar(text("SELECT pg_current_xact_id()::text"))
        row = await direct.row(session, "SELECT pg_current_xact_id()::text AS number")
    assert row is not None
    assert row["number"] == first


async def test_nothing_of_a_tenant_is_left_on_the_connection(one: Database, world: World) -> None:
    async with one.read(world.tenant) as session:
        before = await direct.row(session, ENTERED)
    async with one.read(OTHER) as session:
        after = await direct.row(session, ENTERED)
    assert before is not None
    assert after is not None
    assert (before["tenant"], after["tenant"], after["pid"]) == (str(world.tenant), str(OTHER), before["pid"])


async def test_a_constraint_that_refuses_is_told_as_by_the_session(world: World) -> None:
    job = await world.job()
    with pytest.raises(IntegrityError, match="ck_jobs_part_exists"):
        async with world.db.transaction(world.tenant) as session:
            await direct.rows(session, "UPDATE jobs SET part = 7 WHERE id = $1", job.id)
    assert (await world.row(job.id)).part == 0


async def test_a_value_that_cannot_be_sent_does_not_pass(world: World) -> None:
    with pytest.raises(DBAPIError) as caught:
        async with world.db.read(world.tenant) as session:
            await direct.rows(session, "SELECT $1::int", "no number")
    assert not passing(caught.value)


async def test_a_connection_that_is_cut_passes_and_is_not_given_out_again(one: Database, world: World) -> None:
    pids: list[int] = []

    async def cut() -> None:
        async with one.transaction(world.tenant) as session:
            pids.extend(row["pid"] for row in await direct.rows(session, ENTERED))
            await world.owner.execute("SELECT pg_terminate_backend($1)", pids[0])
            await direct.rows(session, ENTERED)

    with pytest.raises(DBAPIError) as caught:
        await cut()
    assert passing(caught.value)
    async with one.read(world.tenant) as session:
        again = await direct.row(session, ENTERED)
    assert again is not None
    assert again["pid"] not in pids


async def test_a_connection_that_died_at_rest_is_found_out(
    one: Database, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db_module, "IDLE", -1.0)
    async with one.read(world.tenant) as session:
        row = await direct.row(session, ENTERED)
    assert row is not None
    await world.owner.execute("SELECT pg_terminate_backend($1)", row["pid"])
    async with one.read(world.tenant) as session:
        again = await direct.row(session, ENTERED)
    assert again is not None
    assert (again["tenant"], again["pid"] == row["pid"]) == (str(world.tenant), False)


async def test_a_cancelled_statement_leaves_nothing_to_the_next_transaction(one: Database, world: World) -> None:
    async def sleep() -> None:
        async with one.transaction(world.tenant) as session:
            await direct.rows(session, "SELECT pg_sleep(60)")

    task = asyncio.create_task(sleep())
    sleeping = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND state = 'active'"
    while not await world.owner.fetchval(sleeping):  # noqa: ASYNC110 -- the server has no event for it
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with one.read(OTHER) as session:
        row = await direct.row(session, ENTERED)
    assert row is not None
    assert row["tenant"] == str(OTHER)


async def test_a_row_becomes_an_object_with_every_column(world: World) -> None:
    job = await world.job()
    statement = f"SELECT {columns(Job)} FROM jobs WHERE id = $1"
    async with world.db.read(world.tenant) as session:
        row = await direct.row(session, statement, job.id)
    assert row is not None
    read, known = reader(Job)(row), await world.row(job.id)
    assert {c.key: getattr(read, c.key) for c in Job.__table__.columns} == {
        c.key: getattr(known, c.key) for c in Job.__table__.columns
    }
    assert read.state is JobState.SCHEDULED
    assert read.step is None


SAY = "(uuid, int, bytea) AS UPDATE jobs SET revision = $2, url = convert_from($3, 'UTF8') WHERE id = $1"


async def test_what_is_said_last_is_committed_with_the_rest(one: Database, world: World) -> None:
    job = await world.job()
    for number, words in ((7, "it's; 'ROLLBACK'"), (8, "ü \\ $1")):
        async with one.transaction(world.tenant) as session:
            await direct.with_commit(session, "say", SAY, job.id, number, words.encode())
            assert await direct.rows(session, "SELECT FROM jobs WHERE id = $1 AND revision = $2", job.id, number) == []
        row = await world.row(job.id)
        assert (row.revision, row.url) == (number, words)


async def test_a_last_word_that_is_refused_undoes_all_and_leaves_the_connection_well(
    one: Database, world: World
) -> None:
    job = await world.job()

    async def spoil() -> None:
        async with one.transaction(world.tenant) as session:
            await direct.rows(session, "UPDATE jobs SET revision = 99 WHERE id = $1", job.id)
            await direct.with_commit(session, "spoil", "(uuid) AS UPDATE jobs SET part = 7 WHERE id = $1", job.id)

    with pytest.raises(IntegrityError, match="ck_jobs_part_exists"):
        await spoil()
    async with one.transaction(world.tenant) as session:
        await direct.rows(session, "UPDATE jobs SET url = 'well' WHERE id = $1", job.id)
    row = await world.row(job.id)
    assert (row.revision, row.part, row.url) == (job.revision, 0, "well")
