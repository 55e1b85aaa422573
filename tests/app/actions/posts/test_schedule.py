from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.actions.connections.switch import pause, revoke
from app.actions.posts.check import Target
from app.actions.posts.schedule import Schedule, Scheduled, schedule
from app.domain.connections.errors import ConnectionNotUsable
from app.domain.jobs.states import JobState
from app.domain.posts.content import content, part
from app.domain.posts.errors import InvalidContent
from app.domain.posts.planned_time import PlannedTime, PlannedTimeInvalid
from app.domain.posts.states import PostState
from app.kernel.errors import DomainError, NotFound
from app.services.idempotency import IdempotencyKeyReused
from tests.fixtures.world import World, now


async def plan(world: World, command: Schedule) -> Scheduled:
    async with world.db.transaction(world.tenant) as session:
        return await schedule(session, world.rt.catalog, command)


async def counts(world: World) -> tuple[int, ...]:
    tables = ("posts", "jobs", "job_parts", "idempotency_keys")
    query = "SELECT count(*) FROM {} WHERE tenant_id = $1"
    return tuple([await world.owner.fetchval(query.format(table), world.tenant) for table in tables])


async def test_a_post_has_one_job_a_target(world: World) -> None:
    accounts = [await world.connection() for _ in range(2)]
    due = now() + timedelta(hours=1)
    made = await plan(world, world.schedule(*accounts, time=PlannedTime(due), labels=("a", "b", "a")))
    post = await world.post_row(made.post.id)
    assert (post.state, post.due_at, post.labels, post.created_by) == (PostState.SCHEDULED, due, ["a", "b"], "tests")
    assert post.publish_by == due + timedelta(hours=6)
    assert await counts(world) == (1, 2, 2, 0)
    rows = await world.owner.fetch("SELECT * FROM jobs WHERE post_id = $1", post.id)
    assert {row["connection_id"] for row in rows} == {account.id for account in accounts}
    assert {(row["state"], row["due_at"], row["ready_at"], row["wake_at"]) for row in rows} == {
        ("scheduled", due, due, due)
    }
    types = [event.type for event in await world.events() if event.subject_kind != "connection"]
    assert types == ["post.scheduled", "job.scheduled", "job.scheduled"] or types == [
        "job.scheduled",
        "job.scheduled",
        "post.scheduled",
    ]
    gate = await world.owner.fetchval("SELECT next_wake_at FROM tenant_gates WHERE tenant_id = $1", world.tenant)
    assert gate == due


async def test_a_target_has_its_own_content(world: World) -> None:
    one, two = [await world.connection() for _ in range(2)]
    targets = [Target(one.id), Target(two.id, override={"parts": [part("For two")]})]
    _, jobs = await world.post(one, two, targets=targets)
    assert [job.content["parts"][0]["text"] for job in jobs] == ["Hello", "For two"]


async def test_fifty_equal_commands_at_once_make_one_post(world: World) -> None:
    account = await world.connection()
    command = world.schedule(account, idempotency_key="key-1")
    answers = await asyncio.gather(*(plan(world, command) for _ in range(50)))
    assert len({answer.post.id for answer in answers}) == 1
    assert sorted(answer.replayed for answer in answers) == [False] + [True] * 49
    assert await counts(world) == (1, 1, 1, 1)


async def test_a_post_for_now_is_the_same_a_minute_later(world: World) -> None:
    account = await world.connection()
    first = await plan(world, replace(world.schedule(account, idempotency_key="k"), time=None))
    command = replace(world.schedule(account, idempotency_key="k"), time=None, now=now() + timedelta(minutes=1))
    assert (await plan(world, command)).post.id == first.post.id


async def test_a_planned_post_is_the_same_after_its_time_has_passed(world: World) -> None:
    account = await world.connection()
    due = now() + timedelta(hours=1)
    first = await plan(world, world.schedule(account, idempotency_key="k", time=PlannedTime(due)))
    repeated = world.schedule(account, idempotency_key="k", time=PlannedTime(due), now=due + timedelta(hours=1))
    again = await plan(world, repeated)
    assert (again.post.id, again.replayed) == (first.post.id, True)


@pytest.mark.parametrize("change", ["text", "time", "labels", "target"])
async def test_a_key_stands_for_one_content(world: World, change: str) -> None:
    account, other = await world.connection(), await world.connection()
    due = now() + timedelta(hours=1)
    first = world.schedule(account, idempotency_key="k", time=PlannedTime(due))
    await plan(world, first)
    second = {
        "text": replace(first, content=content([part("Other")])),
        "time": replace(first, time=PlannedTime(due + timedelta(seconds=1))),
        "labels": replace(first, labels=("x",)),
        "target": replace(first, targets=[Target(other.id)]),
    }[change]
    before, events = await counts(world), await world.types()
    with pytest.raises(IdempotencyKeyReused):
        await plan(world, second)
    assert (await counts(world), await world.types()) == (before, events)


async def test_two_tenants_may_use_one_key(world: World, stranger: World) -> None:
    mine = await plan(world, world.schedule(await world.connection(), idempotency_key="k"))
    theirs = await plan(stranger, stranger.schedule(await stranger.connection(), idempotency_key="k"))
    assert mine.post.id != theirs.post.id


async def test_a_refused_command_leaves_its_key_free(world: World) -> None:
    account = await world.connection()
    with pytest.raises(InvalidContent):
        await plan(world, world.schedule(account, text="x" * 101, idempotency_key="k"))
    assert (await plan(world, world.schedule(account, idempotency_key="k"))).replayed is False


REFUSALS = ["long", "no target", "twice", "stranger", "unknown", "revoked", "window", "media"]


@pytest.mark.parametrize("why", REFUSALS)
async def test_a_refusal_leaves_no_row(world: World, stranger: World, why: str) -> None:
    account, theirs = await world.connection(), await stranger.connection()
    command = world.schedule(account, idempotency_key="k")
    expected: type[DomainError] = InvalidContent
    match why:
        case "long":
            command = replace(command, content=content([part("x" * 101)]))
        case "no target":
            command = replace(command, targets=[])
        case "twice":
            command = replace(command, targets=[Target(account.id), Target(account.id)])
        case "stranger":
            command, expected = replace(command, targets=[Target(theirs.id)]), NotFound
        case "unknown":
            command, expected = replace(command, targets=[Target(uuid4())]), NotFound
        case "revoked":
            expected = ConnectionNotUsable
            async with world.db.transaction(world.tenant) as session:
                await revoke(session, account.id, message="Gone.")
        case "window":
            command, expected = replace(command, publish_by=command.now), PlannedTimeInvalid
        case "media":
            command = replace(command, content=content([part("x", [{"id": UUID(int=7)}])]))
    events = await world.types()
    with pytest.raises(expected):
        await plan(world, command)
    assert await counts(world) == (0, 0, 0, 0)
    assert await world.types() == events


async def test_every_problem_of_every_target_is_told(world: World) -> None:
    accounts = [await world.connection() for _ in range(2)]
    with pytest.raises(InvalidContent) as caught:
        await plan(world, world.schedule(*accounts, text="x" * 101))
    assert [(one.platform, one.problem.rule) for one in caught.value.problems] == [("scripted", "text.length")] * 2


async def test_a_paused_connection_takes_posts(world: World) -> None:
    account = await world.connection()
    async with world.db.transaction(world.tenant) as session:
        await pause(session, account.id)
    assert (await world.job(account)).state is JobState.SCHEDULED
