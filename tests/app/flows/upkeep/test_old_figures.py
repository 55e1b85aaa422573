"""Figures leave when their platform says so, by the kind of account, and no others."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from app.flows.upkeep.old_figures import let_figures_go
from connectors.catalog import Catalog
from connectors.linkedin.capabilities import CAPABILITIES as LINKEDIN
from connectors.retention import Retention
from tests.app.flows.figures.desk import Desk
from tests.fixtures.world import World

DAY = timedelta(days=1)


async def test_figures_of_one_kind_go_after_the_platforms_time(world: World) -> None:
    world.platform.account_figures = {"followers": 7}
    limited = replace(world.platform.capabilities, retention=Retention(figures={"profile": 2 * DAY}))
    world.platform.capabilities = limited
    world = replace(world, rt=replace(world.rt, catalog=Catalog([world.platform])))
    member = await Desk.of(world)
    page = Desk(world, await world.connection(kind="page"))
    await page.scan()
    jobs = [await desk.out(ago=timedelta(hours=2), figures={"likes": 1}) for desk in (member, page)]
    for desk in (member, page):
        await desk.look()
    await let_figures_go(world.rt)
    assert [row.figures for row in await member.rows(jobs[0])] == [{"likes": 1}]
    world.clock.ahead += 2 * DAY + timedelta(minutes=1)
    await let_figures_go(world.rt)
    assert [(row.figures, row.measured_at) for row in await member.rows(jobs[0])] == [({}, None)]
    clock = await member.clock()
    assert clock is not None
    assert (clock.figures, clock.measured_at, await member.snapshots(member.connection.id)) == ({}, None, [])
    assert [row.figures for row in await page.rows(jobs[1])] == [{"likes": 1}]
    assert await page.snapshots(page.connection.id) == [("followers", 7)]


def test_linkedin_limits_what_is_kept_of_members() -> None:
    assert LINKEDIN.retention.figures == {"profile": 2 * DAY}
