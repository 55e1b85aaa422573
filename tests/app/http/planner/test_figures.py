"""What the planner shows beside the plan: whether posts will go out, and what became of those that did."""

from __future__ import annotations

from datetime import timedelta

from playwright.async_api import expect

from app.actions.figures.clocks import bring_forward, make_clocks
from app.flows.figures.collect import collect
from schema.node import encode
from tests.app.http.planner.visit import Visit

PAUSE = "mutation($id: ID!) { pauseConnection(input: { connectionId: $id }) { __typename } }"
RESUME = "mutation($id: ID!) { resumeConnection(input: { connectionId: $id }) { __typename } }"
AGED = "UPDATE jobs SET published_at = published_at - interval '2 hours' WHERE tenant_id = $1"


async def test_a_post_that_will_not_go_out_says_so_and_why(visit: Visit) -> None:
    [job] = await visit.plan(visit.week + timedelta(hours=9))
    [account] = await visit.site.connections()
    page = await visit.open()
    risk = visit.card(job).locator(".risk")
    await expect(visit.card(job)).to_be_visible()
    await expect(risk).to_have_count(0)
    await visit.ask(PAUSE, id=encode("Connection", account.id))
    await expect(risk).to_contain_text("Will not go out")
    await visit.card(job).click()
    chances = page.get_by_role("region", name="Whether it will go out")
    await expect(chances).to_contain_text("Will not go out")
    await visit.ask(RESUME, id=encode("Connection", account.id))
    await expect(chances).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(risk).to_have_count(0)


async def test_figures_arrive_in_the_open_drawer(visit: Visit) -> None:
    [job] = await visit.plan(None, text="To be liked")
    [account] = await visit.site.connections()
    await visit.work()
    page = await visit.open("list/published")
    await visit.card(job).click()
    await expect(page.get_by_role("link", name="See it on Bluesky")).to_be_visible()
    figures = page.get_by_role("region", name="Figures")
    await expect(figures.get_by_text("Likes")).to_have_count(0)
    rt = visit.site.rt
    await visit.site.owner.execute(AGED, visit.site.tenant)
    async with rt.db.system() as session:
        await make_clocks(session, limit=1000)
        await bring_forward(session, again=timedelta(seconds=30))
    await collect(rt, visit.site.tenant, account.id)
    await expect(figures.get_by_role("definition").first).to_be_visible()
    likes = figures.locator("div", has=page.get_by_text("Likes", exact=True))
    await expect(likes.get_by_role("definition")).to_have_text("0")
