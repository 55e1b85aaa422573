"""The planner in a real browser, on a real server: what a person sees, does, and is told."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta

import pytest
from playwright.async_api import WebSocketRoute, expect

from app.domain.people.roles import Role
from tests.app.http.planner.visit import Visit
from tests.fixtures.people import someone

CANCEL = "mutation($job: ID!) { cancelJob(input: { jobId: $job }) { __typename } }"
RENDERS = """async () => {
  const { options } = await import("preact");
  const before = options.__r;
  window.drawn = {};
  options.__r = (vnode) => {
    const name = vnode.type.name;
    window.drawn[name] = (window.drawn[name] ?? 0) + 1;
    before?.(vnode);
  };
}"""
"""Counts what is drawn from here on, by component."""


async def test_a_person_signs_in_with_a_key(visit: Visit) -> None:
    page = visit.page
    await page.goto(visit.server.url)
    box = page.get_by_label("API key", exact=True)
    await box.fill("two words")
    await box.press("Enter")
    await expect(page.get_by_text("A key has no spaces")).to_be_visible()
    await box.fill("postd_live_wrong")
    await box.press("Enter")
    await expect(page.get_by_role("alert").filter(has_text="Sign in again.")).to_be_visible()
    await box.fill(visit.server.api_key)
    await box.press("Enter")
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    assert visit.server.api_key not in page.url
    assert await page.evaluate("JSON.stringify(localStorage)") == "{}"
    await page.get_by_role("button", name="Sign out").click()
    await expect(box).to_be_visible()
    assert await page.evaluate("sessionStorage.length") == 0


async def test_a_key_of_a_link_is_taken_out_of_the_address(visit: Visit) -> None:
    page = await visit.open()
    assert visit.server.api_key not in page.url
    await page.reload()
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()


async def test_a_person_is_known_by_the_cookie_and_not_by_a_key(visit: Visit) -> None:
    page = visit.page
    await page.route("**/session", lambda route: route.fulfill(json={"asPerson": True}))
    await page.goto(visit.server.url)
    await page.get_by_text("Sign in with an e-mail address").click()
    await page.get_by_label("E-mail address").fill("ada@example.com")
    await page.get_by_label("Password").fill("a long enough password")
    async with page.expect_request("**/graphql") as asked:
        await page.get_by_role("button", name="Sign in as a person").click()
    headers = (await asked.value).headers
    assert "authorization" not in headers
    assert headers["x-postd-client"] == "planner"
    # No cookie came with this answer: the API does not know the person, and the page says so.
    await expect(page.get_by_role("alert").filter(has_text="Sign in again.")).to_be_visible()


async def test_a_person_signs_in_stays_signed_in_and_signs_out(visit: Visit) -> None:
    page, who = visit.page, await someone(visit.site, Role.EDITOR)
    await page.goto(visit.server.url)
    await page.get_by_text("Sign in with an e-mail address").click()
    await page.get_by_label("E-mail address").fill(who.address)
    await page.get_by_label("Password").fill("not the password")
    await page.get_by_role("button", name="Sign in as a person").click()
    await expect(page.get_by_role("alert").filter(has_text="password")).to_be_visible()
    await page.get_by_label("Password").fill(who.password)
    await page.get_by_role("button", name="Sign in as a person").click()
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    [job] = await visit.plan(visit.site.rt.clock.now() + timedelta(days=1))
    await visit.go("list/upcoming")
    await expect(visit.card(job)).to_contain_text("Scheduled")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_label("API key", exact=True)).to_be_visible()
    async with asyncio.timeout(15):
        while await page.context.cookies():  # noqa: ASYNC110 -- the goodbye is on its way
            await asyncio.sleep(0.05)


async def test_a_post_comes_and_goes_out_with_no_reload(visit: Visit) -> None:
    page = await visit.open("list/upcoming")
    await expect(page.get_by_text("Nothing is planned.")).to_be_visible()
    [job] = await visit.plan(None, text="Out at once")
    await expect(visit.card(job)).to_contain_text("Scheduled")
    await visit.go("list/published")
    await expect(page.get_by_text("Nothing has gone out yet.")).to_be_visible()
    await visit.work()
    await expect(visit.card(job)).to_contain_text("Published")
    await expect(page.locator("[data-spoken]")).to_have_text("Published: Out at once")
    await visit.card(job).click()
    drawer = page.get_by_role("dialog", name="Bluesky post")
    await expect(drawer.get_by_role("link", name="See it on Bluesky")).to_be_visible()
    await expect(drawer.get_by_role("listitem").last).to_contain_text("The platform said that it is out.")
    await drawer.get_by_text("What was said to the platform").last.click()
    await expect(drawer.locator("pre").last).to_contain_text("putRecord")


async def test_a_card_is_dragged_to_another_time_and_back(visit: Visit) -> None:
    [job] = await visit.plan(visit.week + timedelta(hours=9, minutes=30))
    page = await visit.open()
    tuesday = f"{visit.week + timedelta(days=1):%Y-%m-%d}T14"
    await visit.card(job).drag_to(visit.cell(tuesday))
    await visit.stands(job, tuesday)
    await expect(page.get_by_text(re.compile("Moved to Tuesday .*, 14:30"))).not_to_have_count(0)
    assert datetime.fromisoformat((await visit.job(job))["dueAt"]) == visit.week + timedelta(
        days=1, hours=14, minutes=30
    )
    await page.get_by_role("button", name="Undo").click()
    await visit.stands(job, f"{visit.week:%Y-%m-%d}T09")
    await expect(page.get_by_text(re.compile("Moved to Monday .*, 09:30"))).not_to_have_count(0)
    assert datetime.fromisoformat((await visit.job(job))["dueAt"]) == visit.week + timedelta(hours=9, minutes=30)


async def test_a_refused_move_is_undone_with_the_reason(visit: Visit) -> None:
    deaf = False

    def between(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda message: None if deaf else socket.send(message))

    await visit.page.route_web_socket(re.compile("/graphql$"), between)
    [job] = await visit.plan(visit.week + timedelta(hours=9))
    page = await visit.open()
    await expect(visit.card(job)).to_be_visible()
    deaf = True  # somebody cancels it, and the page has not heard of that yet
    await visit.ask(CANCEL, job=job)
    await visit.card(job).drag_to(visit.cell(f"{visit.week:%Y-%m-%d}T15"))
    await expect(page.get_by_role("alert")).to_contain_text("Not moved.")
    await visit.stands(job, f"{visit.week:%Y-%m-%d}T09")
    assert (await visit.job(job))["state"] == "CANCELLED"


async def test_a_card_is_moved_by_keys_and_keeps_the_focus(visit: Visit) -> None:
    first, second = await visit.plan(visit.week + timedelta(hours=8), visit.week + timedelta(days=1, hours=8))
    page = await visit.open()
    await visit.card(first).focus()
    await page.keyboard.press("ArrowRight")
    await expect(visit.card(second)).to_be_focused()
    await page.keyboard.press("Shift+ArrowDown")
    await visit.stands(second, f"{visit.week + timedelta(days=1):%Y-%m-%d}T09")
    await expect(visit.card(second)).to_be_focused()
    await page.keyboard.press("Shift+ArrowLeft")
    await visit.stands(second, f"{visit.week:%Y-%m-%d}T09")
    await expect(page.locator("[data-spoken]").first).to_have_text(re.compile("Moved to Monday"))
    await page.keyboard.press("ArrowUp")
    await expect(visit.card(first)).to_be_focused()
    assert await page.locator('[data-view] [data-job][tabindex="0"]').count() == 1


async def test_a_post_is_cancelled_in_its_drawer(visit: Visit) -> None:
    [job] = await visit.plan(visit.week + timedelta(hours=9))
    page = await visit.open()
    await visit.card(job).focus()
    await page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog")
    await drawer.get_by_role("button", name="Cancel post").click()
    await expect(drawer.get_by_role("button", name="Cancel it")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(drawer.get_by_role("listitem").filter(has_text="cancelled it")).to_be_visible()
    await expect(drawer.get_by_role("button", name="Cancel post")).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(drawer).to_have_count(0)
    await expect(visit.card(job)).to_be_focused()
    await expect(visit.card(job)).to_contain_text("Cancelled")
    assert (await visit.job(job))["state"] == "CANCELLED"


async def test_a_post_is_moved_in_its_drawer(visit: Visit) -> None:
    [job] = await visit.plan(visit.week + timedelta(hours=9))
    page = await visit.open()
    await visit.card(job).click()
    drawer = page.get_by_role("dialog")
    await drawer.get_by_label("Goes out at").fill(f"{visit.week:%Y-%m-%d}T16:45")
    await drawer.get_by_role("button", name="Move").click()
    await expect(drawer.get_by_text(re.compile("Monday .*, 16:45")).first).to_be_visible()
    await page.go_back()
    await visit.stands(job, f"{visit.week:%Y-%m-%d}T16")


async def test_what_happened_without_network_is_caught_up(visit: Visit) -> None:
    page = await visit.open()
    await page.context.set_offline(True)
    await expect(page.get_by_text("No connection. You see the posts as they were.")).to_be_visible()
    jobs = await visit.plan(*[visit.week + timedelta(hours=hour) for hour in (9, 10, 11)])
    await page.context.set_offline(False)
    for job in jobs:
        await expect(visit.card(job)).to_have_count(1)
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    await expect(page.get_by_text("No connection.")).to_have_count(0)


async def test_a_server_that_does_not_answer_is_asked_again(visit: Visit) -> None:
    page = visit.page
    await page.route("**/graphql", lambda route: route.abort())
    await page.goto(f"{visit.server.url}/#key={visit.server.api_key}")
    await expect(page.get_by_role("alert")).to_contain_text("Check your network, then try again.")
    await page.unroute("**/graphql")
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()


async def test_events_that_are_not_kept_any_more_are_no_gap(visit: Visit) -> None:
    page = await visit.open()
    await page.context.set_offline(True)
    await expect(page.get_by_text("No connection.")).to_be_visible()
    [job] = await visit.plan(visit.week + timedelta(hours=9))
    await visit.site.owner.execute("DELETE FROM events WHERE tenant_id = $1", visit.site.tenant)
    await page.context.set_offline(False)
    await expect(visit.card(job)).to_be_visible()  # the cursor has expired: the page has read all anew


async def test_one_change_among_two_hundred_cards_draws_one_card(visit: Visit) -> None:
    jobs = await visit.plan(*[visit.week + timedelta(minutes=50 * number) for number in range(200)])
    page = await visit.open()
    await expect(page.locator(".card")).to_have_count(200)
    await page.evaluate(RENDERS)
    await visit.ask(CANCEL, job=jobs[77])
    await expect(visit.card(jobs[77])).to_contain_text("Cancelled")
    drawn = await page.evaluate("drawn")
    assert drawn["Card"] == 1
    assert {"Cell", "Row", "Week"} & set(drawn) == set()
    # A card that moves is drawn where it comes, and the two hours that it leaves and enters.
    await page.evaluate("drawn = {}")
    await visit.card(jobs[0]).drag_to(visit.cell(f"{visit.week + timedelta(days=2):%Y-%m-%d}T05"))
    await visit.stands(jobs[0], f"{visit.week + timedelta(days=2):%Y-%m-%d}T05")
    drawn = await page.evaluate("drawn")
    assert drawn["Cell"] == 2
    assert drawn["Card"] <= 3


async def test_a_month_shows_the_first_posts_of_a_day_and_moves_by_days(visit: Visit) -> None:
    jobs = await visit.plan(*[visit.week + timedelta(hours=hour, minutes=5) for hour in range(6, 12)])
    page = await visit.open(f"month/{visit.week:%Y-%m-%d}")
    monday = visit.cell(f"{visit.week:%Y-%m-%d}")
    await expect(monday.locator(".card")).to_have_count(3)
    await expect(monday.get_by_role("link", name=re.compile("3 more posts"))).to_be_visible()
    wednesday = f"{visit.week + timedelta(days=2):%Y-%m-%d}"
    await visit.card(jobs[0]).drag_to(visit.cell(wednesday))
    await visit.stands(jobs[0], wednesday)
    await expect(page.get_by_text(re.compile("Moved to Wednesday .*, 06:05"))).not_to_have_count(0)
    await page.keyboard.press("w")
    await expect(page.locator(".week")).to_be_visible()


async def test_filters_narrow_what_is_shown(visit: Visit) -> None:
    [launch] = await visit.plan(visit.week + timedelta(hours=9), text="Something new", labels=["launch"])
    [plain] = await visit.plan(visit.week + timedelta(hours=9), text="Something old")
    page = await visit.open()
    await expect(page.get_by_text("2 posts", exact=True)).to_be_visible()
    await page.get_by_label("All labels").select_option("launch")
    await expect(visit.card(plain)).to_have_count(0)
    await page.get_by_role("button", name="Show all").click()
    await page.keyboard.press("/")
    await page.keyboard.type("OLD")
    await expect(visit.card(launch)).to_have_count(0)
    await expect(visit.card(plain)).to_have_count(1)
    await page.keyboard.press("Escape")
    await expect(page.locator(".card")).to_have_count(2)
    await page.locator("h1").click()
    await page.keyboard.press("]")
    await expect(page.get_by_text("No posts.", exact=True)).to_be_visible()
    await page.keyboard.press("[")
    await expect(page.get_by_text("2 posts", exact=True)).to_be_visible()


async def test_the_feed_marks_what_came_since_the_last_look(visit: Visit) -> None:
    page = await visit.open()
    bell = page.get_by_role("button", name=re.compile("What happened"))
    await bell.click()
    await expect(page.get_by_role("dialog").get_by_text("Account connected")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(bell).to_have_accessible_name("What happened")
    await page.reload()
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    await expect(bell).to_have_accessible_name("What happened")
    await visit.plan(visit.week + timedelta(hours=9), text="Newer than the look")
    await expect(bell).to_have_accessible_name("What happened, 1 new")
    await page.keyboard.press("e")
    fresh = page.get_by_role("dialog").locator("[data-fresh]")
    await expect(fresh).to_have_count(1)
    await expect(fresh).to_contain_text("Newer than the look")


@pytest.mark.parametrize("place", ["week", "month", "list/upcoming"])
async def test_the_page_fits_a_phone(visit: Visit, place: str) -> None:
    await visit.plan(visit.week + timedelta(hours=9), text="A rather long text that has to be cut somewhere " * 4)
    await visit.page.set_viewport_size({"width": 360, "height": 740})
    page = await visit.open(f"{place}/{visit.week:%Y-%m-%d}" if place != "list/upcoming" else place)
    await expect(page.locator(".card, .rest").first).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
