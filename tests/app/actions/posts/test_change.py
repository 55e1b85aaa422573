"""Change a post that waits: its content, its labels, its time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.actions.posts.update import Update, update
from app.domain.jobs.states import JobState
from app.domain.posts.content import content, part
from app.domain.posts.errors import InvalidContent, PostNotEditable, PostRevisionConflict
from app.domain.posts.model import Post, PostTerm, TermKind
from app.domain.posts.planned_time import PlannedTime, PlannedTimeInvalid
from app.flows.publishing.plans import publish_post_now, reschedule_post
from app.flows.publishing.wake import wake
from app.kernel.errors import NotFound
from tests.fixtures.world import World, now

NEW = content([part("New")])


async def change(world: World, post_id: UUID, **what: Any) -> Post:
    async with world.db.transaction(world.tenant) as session:
        return (await update(session, world.rt.catalog, Update(post_id, now(), **what))).post


async def move(world: World, post_id: UUID, due: PlannedTime, **more: Any) -> Post:
    async with world.db.transaction(world.tenant) as session:
        return await reschedule_post(session, post_id, due, now=now(), timing=world.rt.settings.timing, **more)


async def test_new_content_goes_out(world: World) -> None:
    job = await world.job()
    [before] = await world.parts(job.id)
    post = await change(world, job.post_id, content=content([part("One"), part("Two")]))
    row, parts = await world.row(job.id), await world.parts(job.id)
    assert (row.parts, row.content["parts"][1]["text"], row.revision, post.revision) == (2, "Two", 2, 2)
    assert [one.position for one in parts] == [0, 1]
    assert before.attempt_key not in {one.attempt_key for one in parts}
    await wake(world.rt, world.tenant, job.id, "worker")
    assert len(world.platform.ledger) == 2
    assert (await world.types(job.id))[:2] == ["job.scheduled", "job.updated"]


async def test_what_is_under_way_is_left_as_it_is(world: World) -> None:
    accounts = [await world.connection() for _ in range(2)]
    post, [waiting, running] = await world.post(*accounts)
    await world.claimed(running.id)
    await change(world, post.id, content=NEW)
    texts = [(await world.row(job.id)).content["parts"][0]["text"] for job in (waiting, running)]
    assert texts == ["New", "Hello"]


async def test_labels_change_alone(world: World) -> None:
    job = await world.sending()
    post = await change(world, job.post_id, labels=("x", "y", "x"))
    assert (post.labels, (await world.row(job.id)).revision) == (["x", "y"], job.revision)


async def terms(world: World, post_id: UUID, kind: TermKind) -> list[str]:
    """What the post is found by; each with the times that the post has now."""
    post = await world.post_row(post_id)
    mine = (PostTerm.post_id == post_id, PostTerm.kind == kind)
    same = (PostTerm.due_at == post.due_at, PostTerm.created_at == post.created_at)
    async with world.db.read(world.tenant) as session:
        return sorted(await session.scalars(select(PostTerm.term).where(*mine, *same)))


async def test_a_post_is_found_by_its_new_labels_only(world: World) -> None:
    post, [job] = await world.post(await world.connection(), labels=("a", "b"))
    assert await terms(world, post.id, TermKind.LABEL) == ["a", "b"]
    await change(world, post.id, labels=("b", "c", "b"))
    assert await terms(world, post.id, TermKind.LABEL) == ["b", "c"]
    assert await terms(world, post.id, TermKind.PLATFORM) == ["scripted"]
    assert await terms(world, post.id, TermKind.CONNECTION) == [str(job.connection_id)]


async def test_what_a_post_is_found_by_moves_with_it(world: World) -> None:
    post, [job] = await world.post(await world.connection(), labels=("a",))
    due = now() + timedelta(days=3)
    assert (await move(world, post.id, PlannedTime(due))).due_at == due
    assert await terms(world, post.id, TermKind.LABEL) == ["a"]
    assert await terms(world, post.id, TermKind.CONNECTION) == [str(job.connection_id)]


async def test_a_post_that_waits_nowhere_is_not_changed(world: World) -> None:
    job = await world.sending()
    with pytest.raises(PostNotEditable):
        await change(world, job.post_id, content=NEW)
    assert (await world.post_row(job.post_id)).content["parts"][0]["text"] == "Hello"


async def test_another_revision_changes_nothing(world: World) -> None:
    job = await world.job()
    with pytest.raises(PostRevisionConflict):
        await change(world, job.post_id, content=NEW, revision=9)
    assert (await world.row(job.id)).content["parts"][0]["text"] == "Hello"


async def test_content_that_does_not_fit_changes_nothing(world: World) -> None:
    job = await world.job()
    with pytest.raises(InvalidContent):
        await change(world, job.post_id, content=content([part("x" * 101)]))
    assert (await world.row(job.id)).revision == 1


async def test_nobody_elses_post_is_changed(world: World, stranger: World) -> None:
    job = await stranger.job()
    with pytest.raises(NotFound):
        await change(world, job.post_id, content=NEW)
    with pytest.raises(NotFound):
        await move(world, job.post_id, PlannedTime(now() + timedelta(hours=1)))


async def test_a_claim_sends_the_old_content_or_the_new_one_whole(world: World) -> None:
    for _ in range(10):
        job = await world.job()
        world.platform.ledger.clear()
        new = content([part("One"), part("Two")])
        await asyncio.gather(
            change(world, job.post_id, content=new),
            wake(world.rt, world.tenant, job.id, "worker"),
            return_exceptions=True,
        )
        await wake(world.rt, world.tenant, job.id, "worker")
        row = await world.row(job.id)
        assert row.state is JobState.PUBLISHED
        assert len(world.platform.ledger) == row.parts
        assert len(await world.parts(job.id)) == row.parts


async def test_a_post_moves_with_its_waiting_jobs(world: World) -> None:
    accounts = [await world.connection() for _ in range(2)]
    post, [waiting, running] = await world.post(*accounts)
    await world.claimed(running.id)
    due = now() + timedelta(hours=2)
    moved = await move(world, post.id, PlannedTime(due, "2026-11-21T09:00:00", "Europe/Berlin"), revision=1)
    assert (moved.due_at, moved.zone, moved.revision) == (due, "Europe/Berlin", 2)
    assert moved.publish_by == due + timedelta(hours=6)
    assert ((await world.row(waiting.id)).due_at, (await world.row(running.id)).due_at) == (due, running.due_at)
    assert "post.rescheduled" in await world.types(post.id)


@pytest.mark.parametrize("why", ["revision", "window", "nothing waits"])
async def test_a_refused_move_moves_nothing(world: World, why: str) -> None:
    job = await (world.sending() if why == "nothing waits" else world.job())
    due = now() + timedelta(hours=2)
    changes: dict[str, dict[str, Any]] = {"revision": {"revision": 9}, "window": {"publish_by": due}}
    expected = {"revision": PostRevisionConflict, "window": PlannedTimeInvalid, "nothing waits": PostNotEditable}[why]
    events = await world.types()
    with pytest.raises(expected):
        await move(world, job.post_id, PlannedTime(due), **changes.get(why, {}))
    assert (await world.row(job.id)).due_at == job.due_at
    assert await world.types() == events


async def test_publish_now(world: World) -> None:
    job = await world.job(time=PlannedTime(now() + timedelta(days=1)))
    async with world.db.transaction(world.tenant) as session:
        await publish_post_now(session, job.post_id, now=now(), timing=world.rt.settings.timing)
    await wake(world.rt, world.tenant, job.id, "worker")
    assert (await world.row(job.id)).state is JobState.PUBLISHED
