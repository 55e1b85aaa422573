"""The verbs on real rows, against a model of one breaker: whatever comes in whatever order, one probe at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.actions.breakers.pause import Pause, pause, resume
from app.actions.breakers.trip import Pauses, probe_failed, probe_passed, probe_unused, take_probe, trip
from app.actions.jobs.let_out import let_out
from app.domain.breakers.model import Breaker
from app.domain.breakers.queries import standing
from app.domain.breakers.states import BreakerState, Operation, Place
from app.kernel.errors import InvalidInput
from tests.fixtures.world import World, now

B = BreakerState
HERE = Place("scripted", "https://scripted.example", Operation.PUBLISH)
PAUSES = Pauses(30, 600)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
async def no_breakers(world: World) -> None:
    await world.owner.execute("DELETE FROM breakers")


async def do(world: World, verb: Callable[..., Awaitable[Any]], *given: Any, **named: Any) -> Any:
    async with world.db.system() as session:
        return await verb(session, *given, **named)


async def row(world: World) -> Breaker | None:
    found = await do(world, standing)
    return found[0] if found else None


async def state(world: World) -> BreakerState:
    found = await row(world)
    return B.CLOSED if found is None else found.state


async def time_passes(world: World, by: timedelta = timedelta(hours=1)) -> None:
    query = "UPDATE breakers SET next_probe_at = next_probe_at - $1::interval, probe_until = probe_until - $1::interval"
    await world.owner.execute(query, by)


async def test_many_that_see_the_trouble_open_it_once(world: World) -> None:
    opened = await asyncio.gather(*(do(world, trip, HERE, "Down.", PAUSES) for _ in range(6)))
    assert sorted(opened) == [False] * 5 + [True]


async def test_it_stays_open_for_its_pause(world: World) -> None:
    await do(world, trip, HERE, "Down.", PAUSES)
    assert await do(world, take_probe, HERE, MINUTE) is False
    found = await row(world)
    assert found is not None
    assert found.next_probe_at is not None
    assert timedelta(seconds=22) < found.next_probe_at - now() < timedelta(seconds=38)


async def test_of_many_that_want_to_probe_one_does(world: World) -> None:
    await do(world, trip, HERE, "Down.", PAUSES)
    await time_passes(world)
    won = await asyncio.gather(*(do(world, take_probe, HERE, MINUTE) for _ in range(6)))
    assert sorted(won) == [False] * 5 + [True]


async def test_a_probe_that_nobody_ends_is_given_to_another(world: World) -> None:
    await do(world, trip, HERE, "Down.", PAUSES)
    await time_passes(world)
    assert await do(world, take_probe, HERE, MINUTE)
    assert await do(world, take_probe, HERE, MINUTE) is False
    await time_passes(world)
    assert await do(world, take_probe, HERE, MINUTE)


async def test_each_probe_that_fails_doubles_the_pause_up_to_its_cap(world: World) -> None:
    await do(world, trip, HERE, "Down.", PAUSES)
    for number in range(2, 9):
        await time_passes(world)
        assert await do(world, take_probe, HERE, MINUTE)
        assert await do(world, probe_failed, HERE, "Still.", PAUSES)
        found = await row(world)
        assert found is not None
        assert found.next_probe_at is not None
        length = (found.next_probe_at - now()).total_seconds() / min(600, 30 * 2 ** (number - 1))
        assert 0.74 < length < 1.26
        assert (found.opened, found.reason) == (number, "Still.")


async def test_a_new_trouble_is_a_new_episode(world: World) -> None:
    await do(world, trip, HERE, "Down.", PAUSES)
    first = await row(world)
    await do(world, probe_passed, HERE)
    await do(world, trip, HERE, "Again.", PAUSES)
    second = await row(world)
    assert first is not None
    assert second is not None
    assert (first.episode == second.episode, second.opened, second.reason) == (False, 1, "Again.")


async def test_a_pause_needs_a_reason(world: World) -> None:
    with pytest.raises(InvalidInput):
        await do(world, pause, Pause("scripted", "  ", "key:1"))
    assert await row(world) is None


async def test_no_probe_ends_what_an_operator_has_paused(world: World) -> None:
    whole = Place("scripted", "", Operation.ALL)
    await do(world, pause, Pause("scripted", "We are  asked to.", "key:1"))
    assert [await do(world, verb, whole, *more) for verb, more in ((take_probe, (MINUTE,)), (probe_passed, ()))] == [
        False,
        False,
    ]
    found = await row(world)
    assert found is not None
    assert (found.state, found.reason, found.actor) == (B.PAUSED, "We are asked to.", "key:1")
    assert await do(world, resume, "scripted", "key:2") is True
    assert await do(world, resume, "scripted", "key:2") is False
    assert await row(world) is None


async def test_what_waited_is_let_out_spread_over_a_time(world: World) -> None:
    connection = await world.connection()
    jobs = [await world.job(connection) for _ in range(40)]
    for job in jobs:
        later = job.publish_by
        await world.set(job.id, state="parked", park_reason="breaker", wake_at=later)
    other = await world.job()
    await world.set(other.id, state="parked", park_reason="quota", wake_at=other.publish_by)
    await world.owner.execute("UPDATE tenant_gates SET next_wake_at = 'infinity'")
    begin = now()
    assert await do(world, let_out, "scripted", least=1, each_second=2) == 40
    moments = sorted([(await world.row(job.id)).wake_at or begin for job in jobs])
    assert begin <= moments[0]
    assert moments[-1] < now() + timedelta(seconds=20)
    assert moments[-1] - moments[0] > timedelta(seconds=8)
    assert (await world.row(other.id)).wake_at == other.publish_by
    gate = await world.owner.fetchval("SELECT next_wake_at FROM tenant_gates WHERE tenant_id = $1", world.tenant)
    assert gate == moments[0]


STEPS = ("trip", "take", "fail", "pass", "unused", "time")
NEXT: dict[tuple[BreakerState, str], BreakerState] = {
    (B.CLOSED, "trip"): B.OPEN,
    (B.OPEN, "take"): B.PROBING,
    (B.OPEN, "pass"): B.CLOSED,
    (B.PROBING, "fail"): B.OPEN,
    (B.PROBING, "pass"): B.CLOSED,
    (B.PROBING, "unused"): B.OPEN,
}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(STEPS), max_size=12))
async def test_it_moves_as_its_model_says(world: World, steps: list[str]) -> None:
    await world.owner.execute("DELETE FROM breakers")
    model, due = B.CLOSED, False
    for step in steps:
        match step:
            case "trip":
                await do(world, trip, HERE, "Down.", PAUSES)
            case "take":
                await do(world, take_probe, HERE, MINUTE)
            case "fail":
                await do(world, probe_failed, HERE, "Down.", PAUSES)
            case "pass":
                await do(world, probe_passed, HERE)
            case "unused":
                await do(world, probe_unused, HERE)
            case "time":
                await time_passes(world)
        before = model
        if step != "take" or due:
            model = NEXT.get((model, step), model)
        if step == "time":
            due = model in (B.OPEN, B.PROBING)
        elif model is not before or (step == "take" and due):
            due = step == "unused"
        assert await state(world) is model
