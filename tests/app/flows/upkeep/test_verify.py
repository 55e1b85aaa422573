"""Each invariant is broken by hand, past every constraint, and is the one that is reported."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.actions.jobs.cancel import cancel
from app.actions.jobs.settle import Settlement, settle
from app.actions.jobs.watch import Watch, watch
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobEvent, JobState
from app.domain.jobs.verdict import Verdict
from app.domain.posts.states import project
from app.flows.upkeep.invariants import INVARIANTS, PROJECTED
from app.flows.upkeep.verify import verify
from app.kernel import ids
from connectors.contract import PublishedRef
from tests.fixtures.world import LEASE, World, now

FAULT = {"kind": "unreachable"}
CONSTRAINTS = """
SELECT conrelid::regclass AS tab, conname AS name FROM pg_constraint
WHERE contype = 'c' AND conrelid IN ('jobs'::regclass, 'posts'::regclass)
"""


@pytest.fixture(scope="module", autouse=True)
async def unguarded(owner: asyncpg.Pool) -> None:
    """Take away what keeps the rows right, in this module's own database."""
    for row in await owner.fetch(CONSTRAINTS):
        await owner.execute(f"ALTER TABLE {row['tab']} DROP CONSTRAINT {row['name']}")
    for name in ("uq_jobs_running_connection", "uq_jobs_live_target", "uq_jobs_platform_ref"):
        await owner.execute(f"DROP INDEX {name}")


async def _settled(world: World, job: Job, event: JobEvent, wait: timedelta | None = None) -> Job:
    ref = PublishedRef(f"ref-{ids.new()}", "https://scripted.example/x") if event is JobEvent.PUBLISH else None
    command = Settlement(job.id, job.fence, job.part, Verdict(event, wait, None if ref else FAULT), ref)
    async with world.db.transaction(world.tenant) as session:
        return await settle(session, command)


async def _published(world: World, **changes: object) -> Job:
    return await _settled(world, await world.sending(**changes), JobEvent.PUBLISH)


async def _unknown(world: World) -> Job:
    return await _settled(world, await world.sending(), JobEvent.LOSE_ANSWER, wait=timedelta(0))


async def _absent(world: World) -> Job:
    job = await _unknown(world)
    async with world.db.transaction(world.tenant) as session:
        found = await watch(session, Watch(job.id, JobState.UNKNOWN, LEASE, "looker"))
    assert found is not None
    return await _settled(world, found.job, JobEvent.PROVE_ABSENT, wait=timedelta(0))


async def _cancelled(world: World) -> Job:
    job = await world.job()
    async with world.db.transaction(world.tenant) as session:
        return (await cancel(session, job.id)).job


async def _two(world: World) -> tuple[Job, Job]:
    one = await _published(world)
    return one, await _published(world)


Break = Callable[[World], Awaitable[UUID]]


async def _fence(world: World) -> UUID:
    job = await _published(world)
    await world.set(job.id, fence=0)
    return job.id


async def _place(world: World) -> UUID:
    job = await _published(world)
    await world.owner.execute("UPDATE job_parts SET platform_ref = NULL WHERE job_id = $1", job.id)
    return job.id


async def _same_place(world: World) -> UUID:
    one, other = await _two(world)
    await world.set(other.id, connection_id=one.connection_id, platform_ref=one.platform_ref)
    return one.id


async def _lease(world: World) -> UUID:
    job = await world.job()
    await world.set(job.id, lease_until=now())
    return job.id


async def _running(world: World) -> UUID:
    one, other = await world.sending(), await world.sending()
    await world.set(other.id, connection_id=one.connection_id)
    return one.id


async def _live(world: World) -> UUID:
    _, (one, other) = await world.post(await world.connection(), await world.connection())
    await world.set(other.id, connection_id=one.connection_id)
    return one.id


async def _wake(world: World) -> UUID:
    job = await world.job()
    await world.set(job.id, wake_at=None)
    return job.id


async def _gate(world: World) -> UUID:
    await world.job()
    later = now() + timedelta(days=1)
    await world.owner.execute("UPDATE tenant_gates SET next_wake_at = $2 WHERE tenant_id = $1", world.tenant, later)
    return world.tenant


async def _attempts(world: World) -> UUID:
    job = await world.job()
    await world.set(job.id, attempts=99)
    return job.id


async def _parts(world: World) -> UUID:
    job = await world.job(parts=2)
    await world.owner.execute("DELETE FROM job_parts WHERE job_id = $1 AND position = 1", job.id)
    return job.id


async def _key(world: World) -> UUID:
    job = await world.job(parts=2)
    await world.owner.execute("UPDATE job_parts SET attempt_key = $1 WHERE job_id = $1", job.id)
    return job.id


async def _intent(world: World) -> UUID:
    job = await _published(world)
    await world.owner.execute("UPDATE job_parts SET intended_at = NULL WHERE job_id = $1", job.id)
    return job.id


async def _early(world: World) -> UUID:
    job = await _published(world)
    await world.set(job.id, due_at=now() + timedelta(hours=1))
    return job.id


async def _cancelled_but_out(world: World) -> UUID:
    job = await _cancelled(world)
    await world.owner.execute("UPDATE job_parts SET platform_ref = 'x', intended_at = now() WHERE job_id = $1", job.id)
    return job.id


async def _doubt(world: World) -> UUID:
    job = await _unknown(world)
    await world.set(job.id, unknown_since=None)
    return job.id


async def _blind_resend(world: World) -> UUID:
    job = await _absent(world)
    await world.owner.execute(
        "UPDATE events SET type = 'job.backed_off' WHERE subject_id = $1 AND type = 'job.proved_absent'", job.id
    )
    return job.id


async def _told(world: World) -> UUID:
    job = await world.job()
    await world.owner.execute(
        """UPDATE events SET changes = changes || '{"state": "parked"}' WHERE subject_id = $1""", job.id
    )
    return job.id


async def _gap(world: World) -> UUID:
    await _published(world)
    await world.owner.execute("DELETE FROM events WHERE tenant_id = $1 AND type = 'post.scheduled'", world.tenant)
    return world.tenant


async def _post(world: World) -> UUID:
    job = await world.job()
    await world.update("posts", job.post_id, state="failed")
    return job.post_id


BREAKS: dict[str, tuple[Break, ...]] = {
    "fence_is_newest": (_fence,),
    "published_has_a_place": (_place,),
    "place_is_of_one_job": (_same_place,),
    "lease_is_held_by_work": (_lease,),
    "one_job_runs_at_a_time": (_running,),
    "one_live_job_a_target": (_live,),
    "somebody_looks_next": (_wake,),
    "gate_is_open_in_time": (_gate,),
    "attempts_are_bounded": (_attempts,),
    "parts_are_whole": (_parts,),
    "key_is_of_one_part": (_key,),
    "nothing_is_out_without_intent": (_intent, _early),
    "cancelled_is_not_out": (_cancelled_but_out,),
    "doubt_has_a_beginning": (_doubt,),
    "path_is_legal": (_blind_resend,),
    "events_tell_the_state": (_told,),
    "events_have_no_gap": (_gap,),
    "post_follows_its_jobs": (_post,),
}


def test_each_invariant_has_a_number_a_name_and_a_way_to_break_it() -> None:
    assert [one.number for one in INVARIANTS] == list(range(1, len(INVARIANTS) + 1))
    assert [one.name for one in INVARIANTS] == list(BREAKS)


@pytest.mark.parametrize(("name", "way"), [(name, way) for name, ways in BREAKS.items() for way in ways])
async def test_what_is_broken_is_found_and_nothing_else(world: World, stranger: World, name: str, way: Break) -> None:
    await stranger.job()
    broken = await way(world)
    report = await verify(world.db, only=world.tenant)
    assert [one.invariant.name for one in report.findings] == [name]
    (finding,) = report.findings
    assert broken in finding.ids
    assert finding.count == len(finding.ids)
    assert not report.holds
    assert (await verify(world.db, only=stranger.tenant)).holds


async def test_every_tenant_is_looked_at_and_work_in_any_state_breaks_nothing(world: World, stranger: World) -> None:
    for one in (world, stranger):
        await one.job(parts=2)
        await _published(one)
        await _cancelled(one)
        await _unknown(one)
        await _absent(one)
        await one.sending()
    report = await verify(world.db)
    assert report.tenants >= 2
    assert not [one for one in report.findings if one.tenant_id in (world.tenant, stranger.tenant)]


async def test_a_look_that_takes_too_long_is_not_taken_for_a_pass(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = INVARIANTS[0].__class__(1, "slow", "It takes long.", "SELECT cast(:tenant AS uuid) AS id FROM pg_sleep(20)")
    monkeypatch.setattr("app.flows.upkeep.verify.INVARIANTS", (slow, INVARIANTS[6]))
    await _wake(world)
    report = await verify(world.db, only=world.tenant, patience=timedelta(milliseconds=20))
    assert [(one.invariant.name, one.finished) for one in report.findings] == [
        ("somebody_looks_next", True),
        ("slow", False),
    ]
    assert not report.holds


async def test_the_snapshot_refuses_to_write(world: World) -> None:
    job = await world.job()
    with pytest.raises(DBAPIError, match="read-only"):
        async with world.db.snapshot(world.tenant, read_only=True) as session:
            await session.execute(text("UPDATE jobs SET part = part"))
    async with world.db.transaction(world.tenant) as session:  # the pool's connection writes again
        await cancel(session, job.id)


async def test_the_projection_in_sql_is_the_one_in_python(owner: asyncpg.Pool) -> None:
    sets = [found for size in range(1, 5) for found in itertools.combinations(JobState, size)]
    query = f"SELECT {PROJECTED} FROM unnest($1::text[]) AS states (state)"
    async with owner.acquire() as connection:
        statement = await connection.prepare(query)
        for states in sets:
            assert await statement.fetchval([str(one) for one in states]) == project(states)
