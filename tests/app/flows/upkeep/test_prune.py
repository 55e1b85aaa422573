"""Rows that have had their time go, in batches, from the oldest on; what is still needed stays."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from app.cli.doctor_servers import _old_rows
from app.domain.jobs.missed import missed_of
from app.flows.live.feed import CursorExpired, refuse_expired
from app.flows.upkeep.prune import TABLES, Pruned, old_rows, prune
from app.flows.upkeep.verify import verify
from app.kernel import ids, metrics
from app.kernel.timing import Timing
from app.services import events
from tests.fixtures.world import TIMING, World, now

YEARS = timedelta(days=3 * 365)


@pytest.fixture(autouse=True)
async def alone(world: World) -> None:
    for table in ("posts", "events", "audit_log", "idempotency_keys", "punctuality"):
        await world.owner.execute(f"DELETE FROM {table}")


async def happened(world: World, count: int) -> None:
    async with world.db.transaction(world.tenant) as session:
        for _ in range(count):
            events.record(session, events.Event("thing.happened", "thing", ids.new()))


def gone(found: list[Pruned]) -> dict[str, int]:
    return {one.table: one.rows for one in found if one.rows}


async def test_batches_delete_all_that_is_old_and_nothing_else(world: World) -> None:
    await happened(world, 12)
    await world.owner.execute("UPDATE events SET at = at - $1::interval WHERE seq <= 9", YEARS)
    assert gone(await old_rows(world.db, TIMING)) == {"events": 9}
    before = metrics.PRUNED.labels(table="events")._value.get()
    assert gone(await prune(world.db, TIMING, batch=2, pause=0)) == {"events": 9}
    assert metrics.PRUNED.labels(table="events")._value.get() - before == 9
    assert [row.seq for row in await world.events()] == [10, 11, 12]
    assert gone(await prune(world.db, TIMING)) == {}
    assert (await verify(world.db, only=world.tenant)).holds


async def test_events_never_go_out_of_the_middle(world: World) -> None:
    await happened(world, 5)
    # The clock was set back between the second and the third.
    await world.owner.execute("UPDATE events SET at = at - $1::interval WHERE seq IN (1, 3, 4)", YEARS)
    await prune(world.db, TIMING, batch=1, pause=0)
    assert [row.seq for row in await world.events()] == [2, 3, 4, 5]
    await world.owner.execute("UPDATE events SET at = at - $1::interval WHERE seq = 2", YEARS)
    await prune(world.db, TIMING)
    assert [row.seq for row in await world.events()] == [5]


async def test_a_cursor_that_is_too_old_is_told_so(world: World) -> None:
    await happened(world, 3)
    await world.owner.execute("UPDATE events SET at = at - $1::interval WHERE seq <= 2", YEARS)
    await prune(world.db, TIMING)
    async with world.db.read(world.tenant) as session:
        await refuse_expired(session, 2)
        with pytest.raises(CursorExpired):
            await refuse_expired(session, 1)


async def test_tries_that_prove_something_stay(world: World) -> None:
    jobs = {state: await world.sending() for state in ("published", "cancelled", "failed", "retrying")}
    await world.owner.execute("UPDATE job_attempts SET started_at = started_at - $1::interval", YEARS)
    ended = {"lease_until": None, "step": None, "wake_at": None}
    await world.set(jobs["published"].id, state="published", platform_ref="x", **ended)
    await world.set(jobs["cancelled"].id, state="cancelled", **ended)
    await world.set(jobs["failed"].id, state="failed", **ended)
    await world.set(jobs["retrying"].id, state="retrying", lease_until=None, step=None, wake_at=now())
    assert gone(await prune(world.db, TIMING)) == {"job_attempts": 2}
    assert {state: len(await world.attempts(job.id)) for state, job in jobs.items()} == {
        "published": 0,
        "cancelled": 0,
        "failed": 1,
        "retrying": 1,
    }


async def test_a_missed_job_whose_answer_was_lost_is_never_taken_for_one_that_was_not_sent(world: World) -> None:
    job = await world.sending()
    await world.set(job.id, state="failed", wake_at=None, lease_until=None, step=None)
    await world.owner.execute("""UPDATE jobs SET fault = '{"kind": "missed_window"}' WHERE id = $1""", job.id)
    await world.owner.execute("UPDATE job_attempts SET started_at = started_at - $1::interval", YEARS)
    await prune(world.db, TIMING)
    async with world.db.read(world.tenant) as session:
        assert await missed_of(session, job.connection_id) == 0


async def test_each_table_has_a_setting_of_its_own(world: World) -> None:
    await world.owner.execute(
        "INSERT INTO audit_log (id, tenant_id, verb, subject_kind, actor, at) VALUES ($1, $2, 'x', 'x', 'x', $3)",
        uuid4(),
        world.tenant,
        now() - timedelta(days=40),
    )
    assert gone(await prune(world.db, TIMING)) == {}
    short = TIMING.model_copy(update={"audit_retention": 30 * 86400.0})
    assert gone(await prune(world.db, short)) == {"audit_log": 1}


@pytest.mark.parametrize("name", ["attempt_retention", "audit_retention", "key_retention", "check_retention"])
def test_no_setting_goes_below_its_floor(name: str) -> None:
    with pytest.raises(ValueError, match="greater than or equal"):
        Timing.model_validate({name: 60})


async def test_another_process_that_prunes_is_left_to_it(world: World) -> None:
    await happened(world, 1)
    await world.owner.execute("UPDATE events SET at = at - $1::interval", YEARS)
    async with world.owner.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('retention', 0))")
        assert gone(await prune(world.db, TIMING)) == {}
    assert gone(await prune(world.db, TIMING)) == {"events": 1}


async def test_the_doctor_tells_of_a_table_that_is_past_its_time(world: World) -> None:
    await prune(world.db, TIMING)
    assert (await _old_rows(world.db, world.rt.settings)).ok
    await happened(world, 2)
    await world.owner.execute("UPDATE events SET at = at - $1::interval", YEARS)
    found = await _old_rows(world.db, world.rt.settings)
    assert (found.ok, "2 of events" in found.evidence, "postd prune" in found.remedy) == (False, True, True)


def test_every_table_is_pruned_by_a_column_that_an_index_begins_with() -> None:
    for kept in TABLES:
        table = kept.model.__table__
        firsts = {next(iter(index.columns)).name for index in table.indexes}  # type: ignore[attr-defined]
        assert kept.at.name in firsts or kept.table in ("oauth_flows", "processes", "webhook_deliveries"), kept.table
