"""An idempotency key gives the first answer again, also when the planned time has come meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.actions.posts.schedule import schedule
from app.domain.posts.planned_time import PlannedTime
from app.services.idempotency import IdempotencyKeyReused
from tests.fixtures.world import World, now


async def test_a_command_whose_time_has_come_is_still_the_same(world: World) -> None:
    account, due = await world.connection(), now() + timedelta(seconds=30)
    first = world.schedule(account, idempotency_key="k", time=PlannedTime(due), now=now())
    async with world.db.transaction(world.tenant) as session:
        post = (await schedule(session, world.rt.catalog, first)).post
    async with world.db.transaction(world.tenant) as session:
        again = await schedule(session, world.rt.catalog, replace(first, now=due + timedelta(minutes=1)))
    assert (again.post.id, again.replayed) == (post.id, True)


async def test_a_post_for_now_is_not_one_for_a_moment(world: World) -> None:
    account, moment = await world.connection(), now()
    first = world.schedule(account, idempotency_key="k", time=PlannedTime(moment), now=moment, asap=False)
    async with world.db.transaction(world.tenant) as session:
        await schedule(session, world.rt.catalog, first)
    with pytest.raises(IdempotencyKeyReused):
        async with world.db.transaction(world.tenant) as session:
            await schedule(session, world.rt.catalog, replace(first, asap=True))
