"""Figures are collected when they are due, once, and within the platform's limits."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from app.flows.connections.disconnect import disconnect
from connectors.catalog import Catalog
from connectors.faults import FaultKind, PlatformFault
from tests.app.flows.figures.desk import Desk
from tests.fixtures.scripted import fault, refusal
from tests.fixtures.world import World

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def desk(world: World) -> Desk:
    """Give a connection with a clock, whose account was looked at just now."""
    desk = await Desk.of(world)
    world.platform.account_figures = {"followers": 7, "views": 3}
    await desk.look()
    return desk


def asked(desk: Desk) -> list[str]:
    """The calls for figures, and no more of them from now on."""
    found = [call for call in desk.world.platform.calls if "metrics" in call]
    desk.world.platform.calls.clear()
    return found


async def test_an_account_is_looked_at_when_it_is_new_and_then_daily(desk: Desk) -> None:
    assert asked(desk) == ["account_metrics"]
    assert await desk.snapshots(desk.connection.id) == [("followers", 7), ("views", 3)]
    clock = await desk.clock()
    assert clock is not None
    assert clock.figures == {"followers": 7, "views": 3}
    assert timedelta() < clock.account_due_at - desk.now <= DAY
    assert (clock.next_collect_at, clock.run_id, clock.lease_until) == (clock.account_due_at, None, None)
    (run,) = await desk.runs()
    assert (run.source, run.records, run.missing, run.error) == ("poll", 2, 0, None)
    assert run.ended_at is not None
    await desk.look()
    assert asked(desk) == []
    assert len(await desk.runs()) == 1


async def test_a_post_is_looked_at_after_an_hour_six_and_a_day_then_daily_until_ninety(desk: Desk) -> None:
    job = await desk.out(figures={"likes": 1, "reach": 10})
    assert job.published_at is not None
    await desk.turn(account_due_at=desk.now + 200 * DAY)
    await desk.look()
    asked(desk)
    looks: list[timedelta] = []
    for _ in range(100):
        (row,) = await desk.rows(job)
        if row.due_at is None:
            break
        looks.append(row.due_at - job.published_at)
        await desk.after(row.due_at - desk.now)
        if len(looks) == 3:
            break
    assert looks == [HOUR, 6 * HOUR, 24 * HOUR]
    (row,) = await desk.rows(job)
    assert row.due_at is not None
    assert timedelta() < row.due_at - desk.now <= DAY
    assert len(await desk.snapshots(row.part_id)) == 6
    await desk.after(job.published_at + 90 * DAY - desk.now)
    (row,) = await desk.rows(job)
    assert row.due_at is None
    assert asked(desk) == ["metrics:1"] * 4
    assert row.figures == {"likes": 1, "reach": 10}


async def test_a_post_brings_its_connections_clock_forward(desk: Desk) -> None:
    await desk.turn(next_collect_at=desk.now + 20 * HOUR)
    job = await desk.out(ago=HOUR + MINUTE)
    offered = await desk.scan()
    assert offered == [(str(desk.world.tenant), str(desk.connection.id))]
    assert await desk.scan() == []  # it is offered again after a while, not at once
    await desk.look()
    clock = await desk.clock()
    assert clock is not None
    assert clock.enrolled_until == job.published_at
    assert await desk.scan() == []


async def test_posts_are_asked_for_in_pages_and_threads_part_by_part(desk: Desk) -> None:
    asked(desk)
    await desk.turn(account_due_at=desk.now + DAY)
    thread = await desk.out(parts=3, figures={"likes": 2})
    single = await desk.out(figures={"likes": 5})
    await desk.after(HOUR + MINUTE)
    assert asked(desk) == ["metrics:2", "metrics:2"]
    assert [row.figures for row in await desk.rows(thread)] == [{"likes": 2}] * 3
    assert [row.figures for row in await desk.rows(single)] == [{"likes": 5}]
    assert (await desk.runs())[-1].records == 4
    assert [kind for kind in await desk.world.types() if kind == "analytics.updated"] == ["analytics.updated"] * 2


async def test_a_post_that_is_gone_does_not_stop_the_others(desk: Desk) -> None:
    gone, kept = await desk.out(ago=2 * HOUR), await desk.out(ago=2 * HOUR, figures={"likes": 0})
    await desk.look()
    (lost,), (found,) = await desk.rows(gone), await desk.rows(kept)
    assert (lost.figures, lost.measured_at, lost.missing_since is not None) == ({}, None, True)
    assert (found.figures, found.missing_since) == ({"likes": 0}, None)
    assert lost.due_at is not None
    assert (await desk.runs())[-1].missing == 1


async def test_what_was_missed_is_looked_at_once(desk: Desk) -> None:
    job = await desk.out(figures={"likes": 1})
    await desk.look()
    asked(desk)
    await desk.after(10 * DAY)
    assert asked(desk) == ["metrics:1", "account_metrics"]
    (row,) = await desk.rows(job)
    assert row.due_at is not None
    assert row.due_at > desk.now
    await desk.look()
    assert asked(desk) == []


async def test_two_workers_that_are_woken_look_once(desk: Desk) -> None:
    await desk.out(ago=2 * HOUR, figures={"likes": 1})
    asked(desk)

    async def woken_too(_task: object, _access: object) -> None:
        await asyncio.gather(*(desk.look() for _ in range(3)))

    desk.world.platform.on_metrics.append(woken_too)
    await desk.look()
    assert asked(desk) == ["metrics:1"]
    assert len(await desk.runs()) == 2


async def test_a_run_whose_worker_died_is_repeated_after_its_lease(desk: Desk) -> None:
    job = await desk.out(ago=2 * HOUR, figures={"likes": 1})
    desk.world.platform.on_metrics.append(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        await desk.look()
    asked(desk)
    await desk.look()
    assert asked(desk) == []  # somebody holds it, as far as anybody knows
    await desk.turn(lease_until=desk.now - MINUTE)
    await desk.look()
    assert asked(desk) == ["metrics:1"]
    (row,) = await desk.rows(job)
    assert row.figures == {"likes": 1}
    dead, alive = (await desk.runs())[1:]
    assert dead.ended_at is None
    assert alive.ended_at is not None


async def test_a_platform_that_is_down_is_left_alone_and_caught_up_with_later(desk: Desk) -> None:
    job = await desk.out(ago=2 * HOUR, figures={"likes": 1})
    least = desk.world.rt.settings.timing.breaker_failures
    asked(desk)
    for _ in range(least):
        desk.world.platform.on_metrics.append(refusal(FaultKind.PLATFORM_DOWN))
        await desk.turn(next_collect_at=desk.now)
        await desk.look()
    assert len(asked(desk)) == least
    clock = await desk.clock()
    assert clock is not None
    assert clock.failures == least
    assert clock.next_collect_at > desk.now + timedelta(hours=1)
    assert (await desk.runs())[-1].error == {
        "kind": "platform_down",
        "message": "It is platform_down.",
        "hint": "Do something.",
    }
    for _ in range(3):
        await desk.look()
    assert asked(desk) == []
    await desk.world.owner.execute("DELETE FROM breakers WHERE platform = 'scripted'")
    desk.world.rt.weather.forget()
    await desk.look()
    assert asked(desk) == ["metrics:1"]
    (row,) = await desk.rows(job)
    assert row.figures == {"likes": 1}


async def test_an_account_that_cannot_be_used_or_whose_connector_is_gone_is_left_alone(desk: Desk) -> None:
    await desk.out(ago=2 * HOUR, figures={"likes": 1})
    asked(desk)
    rt = desk.world.rt
    desk.world.rt = replace(rt, catalog=Catalog([]))
    await desk.look()
    desk.world.rt = rt
    await desk.world.update("connections", desk.connection.id, state="attention")
    await desk.turn(next_collect_at=desk.now - MINUTE)
    assert await desk.scan() == []
    await desk.look()
    assert asked(desk) == []
    assert len(await desk.runs()) == 1


async def test_a_rate_limit_stops_figures_and_no_post(desk: Desk) -> None:
    await desk.out(ago=2 * HOUR, figures={"likes": 1})
    limited = PlatformFault(fault(FaultKind.RATE_LIMITED, retry_after=40 * MINUTE))
    desk.world.platform.on_metrics.append(limited)
    await desk.look()
    clock = await desk.clock()
    assert clock is not None
    assert clock.next_collect_at >= desk.now + 39 * MINUTE
    asked(desk)
    await desk.look()
    assert asked(desk) == []
    keys = (f"connection:{desk.connection.id}", f"platform:scripted:{desk.connection.server}")
    assert not await desk.world.rt.limiter.held(keys)


async def test_figures_that_were_not_given_this_time_stay_and_say_so(desk: Desk) -> None:
    job = await desk.out(ago=2 * HOUR, figures={"likes": 1, "reach": 9})
    await desk.look()
    desk.world.platform.figures[f"{job.id}/0"] = {"likes": 4}
    await desk.after(6 * HOUR)
    (row,) = await desk.rows(job)
    assert row.figures == {"likes": 4, "reach": 9}
    assert await desk.snapshots(row.part_id) == [("likes", 1), ("reach", 9), ("likes", 4)]


async def test_a_disconnect_forgets_figures_also_of_a_run_that_is_under_way(desk: Desk) -> None:
    await desk.out(ago=2 * HOUR, figures={"likes": 1})

    async def meanwhile(_task: object, _access: object) -> None:
        await disconnect(desk.world.rt, desk.world.tenant, "tests", desk.connection.id)

    desk.world.platform.on_metrics.append(meanwhile)
    await desk.look()
    for table in ("figure_collections", "figure_snapshots", "post_figures", "collection_runs"):
        query = f"SELECT count(*) FROM {table} WHERE connection_id = $1"
        assert await desk.world.owner.fetchval(query, desk.connection.id) == 0, table
    await desk.scan()
    await desk.look()
    assert await desk.clock() is None
