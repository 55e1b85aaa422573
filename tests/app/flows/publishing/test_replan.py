"""After a change of a zone's rules nine o'clock stays nine o'clock, for what still waits for its time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from app.actions.jobs.reschedule import Reschedule, reschedule
from app.domain.jobs.states import JobState
from app.domain.posts.model import Post
from app.domain.posts.planned_time import from_local
from app.flows.publishing.replan import Moved, replan
from app.flows.upkeep.verify import verify
from tests.fixtures.world import TIMING, World, now

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
async def alone(world: World) -> None:
    await world.owner.execute("DELETE FROM posts")


async def under_old_rules(world: World, targets: int = 1) -> Post:
    """A post for a local time, whose instant was found when the zone was an hour further east."""
    local = (now() + timedelta(days=30)).replace(tzinfo=None, second=0, microsecond=0)
    post, jobs = await world.post(
        *[await world.connection() for _ in range(targets)], time=from_local(local, "Europe/Berlin")
    )
    for table, key in [("posts", post.id), *[("jobs", job.id) for job in jobs]]:
        moments = ("due_at", "publish_by") if table == "posts" else ("due_at", "ready_at", "wake_at", "publish_by")
        columns = ", ".join(f"{name} = {name} - interval '1 hour'" for name in moments)
        await world.owner.execute(f"UPDATE {table} SET {columns} WHERE id = $1", key)
    return await world.post_row(post.id)


async def moved(world: World, *, dry_run: bool, at: datetime | None = None) -> list[Moved]:
    return [one async for one in replan(world.db, TIMING, at or now(), dry_run=dry_run)]


async def test_a_dry_run_tells_and_changes_nothing(world: World) -> None:
    post = await under_old_rules(world)
    [found] = await moved(world, dry_run=True)
    assert (found.post_id, found.zone, found.before) == (post.id, "Europe/Berlin", post.due_at)
    assert found.after == post.due_at + HOUR
    assert (await world.post_row(post.id)).revision == post.revision


async def test_post_and_jobs_move_and_the_window_keeps_its_length(world: World) -> None:
    post = await under_old_rules(world, targets=2)
    assert len(await moved(world, dry_run=False)) == 1
    row = await world.post_row(post.id)
    assert (row.due_at, row.publish_by) == (post.due_at + HOUR, post.publish_by + HOUR)
    assert (row.local_time, row.zone) == (post.local_time, post.zone)
    jobs = await world.owner.fetch("SELECT due_at, ready_at, wake_at, publish_by FROM jobs WHERE post_id = $1", post.id)
    assert [tuple(job) for job in jobs] == [(row.due_at, row.due_at, row.due_at, row.publish_by)] * 2
    told = await world.owner.fetchrow("SELECT verb, actor FROM audit_log WHERE subject_id = $1", post.id)
    assert tuple(told) == ("post.replan", "replan")
    assert (await world.types(post.id))[-1] == "post.rescheduled"
    assert (await verify(world.db, only=world.tenant)).holds
    assert await moved(world, dry_run=False) == []


async def test_a_job_with_a_time_of_its_own_and_what_is_under_way_stay(world: World) -> None:
    post = await under_old_rules(world, targets=2)
    own, other = await world.owner.fetch("SELECT id FROM jobs WHERE post_id = $1 ORDER BY id", post.id)
    due = now() + timedelta(days=2)
    async with world.db.transaction(world.tenant) as session:
        await reschedule(session, Reschedule(own["id"], due, due + HOUR))
    await world.owner.execute("UPDATE jobs SET state = 'retrying' WHERE id = $1", other["id"])
    assert len(await moved(world, dry_run=False)) == 1
    rows = [await world.row(key["id"]) for key in (own, other)]
    assert [(row.due_at, row.state) for row in rows] == [(due, JobState.SCHEDULED), (post.due_at, JobState.RETRYING)]


async def test_instants_past_times_and_zones_that_are_gone_stay(world: World) -> None:
    instant = await world.job(now=now() + timedelta(days=3))
    gone, past = await under_old_rules(world), await under_old_rules(world)
    await world.update("posts", gone.id, zone="Mars/Base")
    assert await moved(world, dry_run=True, at=past.due_at + timedelta(seconds=1)) == []
    assert [one.post_id for one in await moved(world, dry_run=False)] == [past.id]
    assert (await world.row(instant.id)).revision == 1
