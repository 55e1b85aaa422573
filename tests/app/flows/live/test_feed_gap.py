"""A hole in the log behind a cursor is told, wherever it is: a subscriber never misses an event without knowing."""

from __future__ import annotations

import pytest

from app.flows.live.course import Course
from app.flows.live.feed import CursorExpired, Topic, follow
from app.kernel import ids
from app.services import events
from tests.fixtures.world import World

EVERYTHING: Topic[events.EventRow] = Topic(kind=None, state=None, read=None)


@pytest.mark.parametrize("missing", [1, 2, 3])
async def test_a_hole_is_told(world: World, missing: int) -> None:
    async with world.db.transaction(world.tenant) as session:
        for number in range(4):
            events.record(session, events.Event(f"thing.{number}", "thing", ids.new()))
    await world.owner.execute("DELETE FROM events WHERE tenant_id = $1 AND seq = $2", world.tenant, missing)
    with pytest.raises(CursorExpired):
        await anext(follow(world.rt, world.tenant, EVERYTHING, Course(0)))
