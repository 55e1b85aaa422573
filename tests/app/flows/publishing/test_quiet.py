"""Quiet hours where a job meets them: nothing goes out in them, and everybody sees why."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from app.actions.rules.decide import Decide
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobState
from app.domain.rules.queries import Rules, quiet_hours
from app.domain.rules.quiet import QuietHours, Window
from app.flows.publishing.quiet import decide_rules, foreseen
from app.flows.publishing.wake import wake
from app.flows.upkeep.verify import verify
from app.kernel.late_policy import LatePolicy
from schema.jobs.explanation import explain
from tests.fixtures.world import World, now

OPEN = QuietHours("UTC", ())


def around(moment: datetime, hours: int = 2) -> QuietHours:
    """Quiet from an hour before to `hours` after."""
    start, end = moment - timedelta(hours=1), moment + timedelta(hours=hours)
    return QuietHours("UTC", (Window(_wall(start), _wall(end)),))


def _wall(moment: datetime) -> time:
    return moment.astimezone(UTC).time().replace(second=0, microsecond=0)


async def decided(world: World, quiet: QuietHours | None, connection: object = None) -> None:
    async with world.db.transaction(world.tenant) as session:
        await decide_rules(session, Decide(Rules(quiet=quiet), connection))  # type: ignore[arg-type]  # an id or None


async def go(world: World, job: Job) -> Job:
    await wake(world.rt, world.tenant, job.id, "worker-1")
    return await world.row(job.id)


async def test_what_is_due_in_quiet_hours_waits_for_their_end(world: World) -> None:
    quiet = around(now())
    await decided(world, quiet)
    job = await world.job()
    row = await go(world, job)
    end = quiet.until(now())
    assert end is not None
    assert (row.state, row.attempts, row.due_at) == (JobState.SCHEDULED, 0, job.due_at)
    assert row.quiet_until == row.ready_at == row.wake_at == row.owed_at == end
    assert world.platform.ledger == []
    assert (await world.events(job.id))[-1].changes["until"] == end.isoformat()
    assert "quiet hours" in explain(row)[-1]
    assert (await verify(world.db, only=world.tenant)).holds


async def test_it_goes_out_once_when_they_are_over(world: World) -> None:
    await decided(world, around(now()))
    job = await world.job()
    await go(world, job)
    await world.age(job.id, timedelta(hours=4))
    world.clock.ahead = timedelta(hours=4)
    assert (await go(world, job)).state is JobState.PUBLISHED
    assert len(world.platform.ledger) == 1


async def test_a_connections_hours_hold_instead_of_the_workspaces(world: World) -> None:
    free, held = await world.connection(), await world.connection()
    await decided(world, around(now()))
    await decided(world, OPEN, free.id)
    _, (one, other) = await world.post(free, held)
    assert [(await go(world, job)).state for job in (one, other)] == [JobState.PUBLISHED, JobState.SCHEDULED]


async def test_hours_that_are_taken_back_let_go_at_once(world: World) -> None:
    await decided(world, around(now()))
    job = await go(world, await world.job())
    await decided(world, None)
    row = await world.row(job.id)
    assert (row.quiet_until, row.state) == (None, JobState.SCHEDULED)
    assert row.wake_at is not None
    assert row.wake_at <= now()
    gate = await world.owner.fetchval("SELECT next_wake_at FROM tenant_gates WHERE tenant_id = $1", world.tenant)
    assert gate <= now()
    assert (await go(world, job)).state is JobState.PUBLISHED


async def test_what_is_planned_for_later_is_left_alone_when_they_change(world: World) -> None:
    job = await world.job(now=now() + timedelta(hours=5))
    await decided(world, around(now()))
    assert (await world.row(job.id)).ready_at == job.ready_at


async def test_a_window_that_ends_in_quiet_hours_is_looked_at_and_decided_then(world: World) -> None:
    await decided(world, around(now()))
    asked, failed = await world.job(late_policy=LatePolicy.ASK), await world.job()
    for job in (asked, failed):
        await world.set(job.id, publish_by=now() + timedelta(minutes=5))
        row = await go(world, job)
        assert row.wake_at == row.publish_by
        await world.set(job.id, publish_by=now() - timedelta(seconds=1))
    assert (await go(world, asked)).state is JobState.NEEDS_REVIEW
    row = await go(world, failed)
    assert (row.state, row.overdue_at) == (JobState.FAILED, None)


async def test_what_may_go_out_late_still_waits_for_their_end(world: World) -> None:
    await decided(world, around(now()))
    job = await world.job(late_policy=LatePolicy.PUBLISH)
    await world.set(job.id, publish_by=now() - timedelta(seconds=1))
    row = await go(world, job)
    assert (row.state, row.wake_at) == (JobState.SCHEDULED, row.quiet_until)


async def test_a_thread_that_has_begun_is_not_broken_off(world: World) -> None:
    job = await world.job(parts=2)
    await world.set(job.id, part=1, state="retrying")
    await world.owner.execute("UPDATE job_parts SET platform_ref = 'x' WHERE job_id = $1 AND position = 0", job.id)
    await decided(world, around(now()))
    assert (await go(world, job)).state is JobState.PUBLISHED


async def test_the_wait_is_foreseen(world: World) -> None:
    free, one, two = [await world.connection() for _ in range(3)]
    due = now() + timedelta(days=1)
    await decided(world, around(due))
    await decided(world, OPEN, free.id)
    until = around(due).until(due)
    assert until is not None
    async with world.db.read(world.tenant) as session:
        [wait] = await foreseen(session, [free.id, one.id, two.id], due, until + timedelta(hours=1))
        [late] = await foreseen(session, [one.id], due, until)
        assert await foreseen(session, [one.id], due + timedelta(hours=6), until) == []
    assert (wait.until, set(wait.connections), wait.past_window) == (until, {one.id, two.id}, False)
    assert late.past_window


async def test_what_was_decided_is_kept_and_written_down(world: World) -> None:
    quiet = QuietHours("Europe/Berlin", (Window(time(22), time(7), (0, 4)),))
    await decided(world, around(now()))
    await decided(world, quiet)
    connection = await world.connection()
    async with world.db.read(world.tenant) as session:
        assert await quiet_hours(session, [connection.id]) == {connection.id: quiet}
    rows = await world.owner.fetch("SELECT verb, actor FROM audit_log WHERE tenant_id = $1", world.tenant)
    assert [row["verb"] for row in rows] == ["rules.decide"] * 2
