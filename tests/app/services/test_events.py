from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel import ids
from app.services import events
from app.services.db import Database, Hook, after_commit, before_commit
from tests.fixtures.steps import ended_at
from tests.fixtures.world import World

Told = list[UUID]


async def write(
    db: Database, tenant: UUID, *names: str, fail_by: Exception | None = None, hook: Hook | None = None
) -> None:
    async with db.transaction(tenant) as session:
        for name in names:
            events.record(session, events.Event(name, "thing", ids.new(), {"name": name}))
        if hook is not None:
            before_commit(session, "hook", hook)
        if fail_by is not None:
            raise fail_by


@pytest.fixture
def told() -> Told:
    return []


def listening(url: str, told: Told) -> Database:
    async def announce(tenant: UUID) -> None:
        told.append(tenant)

    return Database(url, name="postd-tests", size=4, announce=announce)


async def numbers(world: World) -> list[int]:
    return [event.seq for event in await world.events()]


async def test_events_are_numbered_from_one(world: World) -> None:
    await write(world.db, world.tenant, "thing.made", "thing.changed")
    await write(world.db, world.tenant, "thing.ended")
    rows = await world.events()
    assert [(row.seq, row.type, row.changes) for row in rows] == [
        (1, "thing.made", {"name": "thing.made"}),
        (2, "thing.changed", {"name": "thing.changed"}),
        (3, "thing.ended", {"name": "thing.ended"}),
    ]


async def test_sixteen_writers_leave_no_gap(world: World) -> None:
    async def writer() -> None:
        for _ in range(10):
            await write(world.db, world.tenant, "thing.made", "thing.changed")

    await asyncio.gather(*(writer() for _ in range(16)))
    assert await numbers(world) == list(range(1, 321))


async def test_a_reader_sees_every_event_once_and_in_order(world: World) -> None:
    seen: list[int] = []

    async def read() -> None:
        while len(seen) < 80:
            async with world.db.read(world.tenant) as session:
                rows = await events.read_after(session, seen[-1] if seen else 0, 7)
            seen.extend(row.seq for row in rows)

    async def writer() -> None:
        for _ in range(10):
            await write(world.db, world.tenant, "thing.made")

    await asyncio.gather(read(), *(writer() for _ in range(8)))
    assert seen == list(range(1, 81))


async def test_a_rollback_leaves_no_gap_and_tells_nobody(world: World, migrated_url: str, told: Told) -> None:
    db = listening(migrated_url, told)
    try:
        await write(db, world.tenant, "thing.made")
        with pytest.raises(ZeroDivisionError):
            await write(db, world.tenant, "thing.lost", fail_by=ZeroDivisionError())
        await write(db, world.tenant, "thing.changed", "thing.ended")
    finally:
        await db.close()
    assert await numbers(world) == [1, 2, 3]
    assert told == [world.tenant, world.tenant]


async def test_a_commit_that_fails_tells_nobody(world: World, migrated_url: str, told: Told) -> None:
    db = listening(migrated_url, told)

    async def fail(session: AsyncSession) -> None:
        raise ZeroDivisionError

    try:
        with pytest.raises(ZeroDivisionError):
            await write(db, world.tenant, "thing.lost", hook=fail)
    finally:
        await db.close()
    assert (await numbers(world), told) == ([], [])


async def test_hooks_run_in_order_and_the_contested_lock_comes_last(world: World) -> None:
    order: list[str] = []

    def note(name: str) -> Hook:
        async def hook(session: AsyncSession) -> None:
            order.append(name)

        return hook

    async with world.db.transaction(world.tenant) as session:
        after_commit(session, "a", note("after"))
        before_commit(session, "c", note("last"), last=True)
        before_commit(session, "b", note("first"))
        before_commit(session, "b", note("twice"))
        order.append("work")
    assert order == ["work", "first", "last", "after"]


async def test_a_cancelled_commit_has_landed_whole_or_not_at_all(world: World) -> None:
    """Cancel the transaction at each of its waits in turn: the row, its event and the counter agree each time."""
    landed, number, ended = 0, 0, True
    while ended:
        number += 1
        ended = await ended_at(write(world.db, world.tenant, "thing.made", "thing.changed"), number)
        counter = await world.owner.fetchval("SELECT event_seq FROM tenants WHERE id = $1", world.tenant)
        assert counter - landed in ({0, 2} if ended else {2})
        landed = counter
        assert await numbers(world) == list(range(1, landed + 1))
    assert landed > 2, "no commit was cancelled in flight"


async def test_the_newest_and_the_oldest_number(world: World) -> None:
    async with world.db.read(world.tenant) as session:
        assert (await events.latest(session), await events.oldest(session)) == (0, 1)
    await write(world.db, world.tenant, "a.b", "c.d", "e.f")
    await world.owner.execute("DELETE FROM events WHERE tenant_id = $1 AND seq < 3", world.tenant)
    async with world.db.read(world.tenant) as session:
        assert (await events.latest(session), await events.oldest(session)) == (3, 3)
    await world.owner.execute("DELETE FROM events WHERE tenant_id = $1", world.tenant)
    async with world.db.read(world.tenant) as session:
        assert (await events.latest(session), await events.oldest(session)) == (3, 4)


async def test_an_event_names_who_acted(world: World) -> None:
    async with world.db.transaction(world.tenant) as session:
        events.act_as(session, "key:1")
        events.record(session, events.Event("thing.made", "thing", ids.new()))
    assert [event.actor for event in await world.events()] == ["key:1"]
