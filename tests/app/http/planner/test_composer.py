"""Writing and connecting on the planner, in a real browser against the simulated platforms' own pages."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from PIL import Image
from playwright.async_api import FilePayload, Locator, Page, Route, expect

from app.actions.jobs.park import miss, park
from app.domain.connections.states import ConnectionState
from app.domain.jobs.states import ParkReason
from app.flows.connections.monitor import look_at
from app.flows.runtime import Runtime
from connectors.sandbox.linkedin.apps import MEMBER_APP
from connectors.sandbox.server import Sandbox
from schema.node import decode, encode
from tests.app.http.planner.test_looks import NAMELESS
from tests.app.http.planner.visit import Visit
from tests.fixtures.consent import MASTODON, connect, ticket
from tests.fixtures.served import Browser as Client
from tests.fixtures.site import served_api
from tests.fixtures.world import now

APPS = {"linkedin": {"client_id": MEMBER_APP.client_id, "client_secret": MEMBER_APP.client_secret}}


@pytest.fixture(scope="module")
async def api(
    migrated_url: str, redis_url: str, sandbox: Sandbox, log: io.StringIO, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Runtime]:
    """Give an API whose operator has made the applications."""
    folder, more = tmp_path_factory.mktemp("api"), {"apps": APPS, "endpoints": sandbox.endpoints}
    async with served_api(migrated_url, redis_url, sandbox, folder, **more) as rt:
        yield rt


def picture() -> FilePayload:
    """A small photograph, as a person chooses it."""
    made = io.BytesIO()
    Image.linear_gradient("L").resize((320, 240)).convert("RGB").save(made, "JPEG")
    return {"name": "loaf.jpg", "mimeType": "image/jpeg", "buffer": made.getvalue()}


async def write(visit: Visit, text: str) -> Locator:
    """Begin a post for every account."""
    await visit.page.keyboard.press("n")
    dialog = visit.page.get_by_role("dialog", name="New post")
    await expect(dialog.get_by_role("checkbox").first).to_be_visible()
    for box in await dialog.get_by_role("checkbox").all():
        await box.check()
    await dialog.get_by_label("Text", exact=True).fill(text)
    return dialog


async def accounts(visit: Visit) -> Locator:
    """Open the panel of accounts."""
    await visit.page.get_by_role("button", name="Accounts", exact=True).click()
    panel = visit.page.get_by_role("dialog", name="Accounts")
    await expect(panel.locator("article").first).to_be_visible()
    return panel


async def posts(visit: Visit) -> list[dict[str, Any]]:
    """Every post of the workspace."""
    found = await visit.ask("{ posts { edges { node { content { text } jobs { state platform { key } } } } } }")
    return [edge["node"] for edge in found["posts"]["edges"]]


async def begin(visit: Visit, panel: Locator, platform: str, typed: dict[str, str]) -> Page:
    """From the panel to the platform's own page, in the other window."""
    adding = panel.get_by_role("button", name="Connect an account")
    if await adding.count():
        await adding.click()
    await panel.get_by_role("button", name=platform, exact=True).click()
    for label, value in typed.items():
        await panel.get_by_label(label).fill(value)
    async with visit.page.expect_popup() as opened:
        await panel.get_by_role("button", name=f"Connect {platform}").click()
    return await opened.value


async def allow(popup: Page) -> None:
    """Agree on our page, then on the platform's; our last page closes the window."""
    await popup.get_by_role("button", name=re.compile("^(Continue to|Connect)")).click()
    async with popup.expect_event("close"):
        await popup.get_by_role("button", name="Allow").click(no_wait_after=True)


async def test_from_an_account_to_a_post_that_is_out_on_three_platforms(visit: Visit) -> None:
    page = await visit.open("list/upcoming")
    await page.evaluate("addEventListener('message', ({ data, origin }) => (window.told = [origin, data]))")
    panel = await accounts(visit)
    await allow(await begin(visit, panel, "Mastodon", {"Server": visit.site.sandbox.mastodon_url}))
    await expect(panel.get_by_text("Connected: @bob@")).to_be_visible()
    bob = panel.locator("article").filter(has_text="bob")
    await expect(bob).to_contain_text("Healthy")
    origin, told = await page.evaluate("window.told")
    assert origin == visit.server.url  # ours, although another frontend is allowed
    assert told == {
        "source": "postd",
        "type": "connected",
        "platform": "Mastodon",
        "connectionIds": [await bob.get_attribute("data-connection")],
    }
    await allow(await begin(visit, panel, "LinkedIn", {}))
    await expect(panel.locator("article")).to_have_count(3)
    await page.keyboard.press("Escape")

    dialog = await write(visit, "word " * 70)
    await dialog.get_by_label("Files of the post").set_input_files([picture()])
    await dialog.get_by_label("Description of loaf.jpg").fill("A loaf of bread")
    await expect(dialog.locator('[data-problems="text"]')).to_contain_text(
        "The text has 350 characters; at most 300 are allowed."
    )
    await expect(dialog.locator(".counts [data-over='true']")).to_have_text("Bluesky 350/300 too long")
    await expect(dialog.get_by_role("button", name="Publish now")).to_be_disabled()
    await dialog.locator(".jumps").get_by_role("button").click()
    await expect(dialog.get_by_label("Text", exact=True)).to_be_focused()
    await dialog.get_by_label("Text", exact=True).fill("The bakery opens at seven.")
    await expect(dialog.get_by_text("Every account takes it as it is.")).to_be_visible()
    await page.evaluate("window.stayed = true")
    await dialog.get_by_role("button", name="Publish now").click()
    await expect(dialog).to_be_hidden()
    await expect(page.locator(".card[data-state='SCHEDULED']")).to_have_count(3)
    await visit.go("list/published")
    await visit.work()
    await expect(page.locator(".card[data-state='PUBLISHED']")).to_have_count(3)
    assert await page.evaluate("window.stayed") is True

    (post,) = await posts(visit)
    assert {job["platform"]["key"]: job["state"] for job in post["jobs"]} == dict.fromkeys(
        ("bluesky", "mastodon", "linkedin"), "PUBLISHED"
    )
    found = await visit.ask("{ jobs { edges { node { content { parts { media { alt } } } } } } }")
    alts = [edge["node"]["content"]["parts"][0]["media"] for edge in found["jobs"]["edges"]]
    assert alts == [[{"alt": "A loaf of bread"}]] * 3


async def test_a_lost_answer_and_two_clicks_make_one_post(visit: Visit) -> None:
    page = await visit.open("list/upcoming")
    lost: list[str] = []

    async def lose(route: Route) -> None:
        if lost or "SchedulePost(" not in (route.request.post_data or ""):
            return await route.fallback()
        lost.append(route.request.post_data or "")
        await route.fetch()  # the server has it; the answer does not come back
        return await route.abort()

    await page.route("**/graphql", lose)
    dialog = await write(visit, "Only once.")
    button = dialog.get_by_role("button", name="Publish now")
    await expect(button).to_be_enabled()
    await button.click()
    await expect(dialog.get_by_role("alert")).to_contain_text("The server did not answer.")
    await button.dblclick()
    await expect(dialog).to_be_hidden()
    await expect(page.locator(".card")).to_have_count(1)
    assert [post["content"]["text"] for post in await posts(visit)] == ["Only once."]


async def test_a_draft_is_kept_until_it_is_thrown_away(visit: Visit) -> None:
    page = await visit.open("list/upcoming")
    dialog = await write(visit, "Not ready")
    await page.keyboard.press("Escape")
    await dialog.get_by_role("button", name="Keep the draft").click()
    await page.reload()
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    await page.keyboard.press("n")
    await expect(dialog.get_by_label("Text", exact=True)).to_have_value("Not ready")
    await dialog.get_by_role("button", name="Close", exact=True).click()
    await dialog.get_by_role("button", name="Throw it away").click()
    await expect(dialog).to_be_hidden()
    assert await page.evaluate("Object.keys(localStorage).filter((name) => name.includes('draft'))") == []
    await page.keyboard.press("n")
    await expect(dialog.get_by_label("Text", exact=True)).to_have_value("")
    await page.keyboard.press("Escape")  # nothing would be missed, so nothing is asked
    await expect(dialog).to_be_hidden()
    assert await posts(visit) == []


async def test_a_double_click_on_a_free_hour_begins_a_post_for_it(visit: Visit) -> None:
    page = await visit.open()
    at = f"{visit.week:%Y-%m-%d}T09"
    await visit.cell(at).dblclick()
    dialog = page.get_by_role("dialog", name="New post")
    await expect(dialog.get_by_label("Time in UTC")).to_have_value(f"{at}:00")


HAND_OVER = """([kind, on, name, type, bytes]) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], name, { type }));
    const target = document.querySelector(on);
    const more = kind === "drop" ? { dataTransfer: data } : { clipboardData: data };
    const event = kind === "drop" ? new DragEvent(kind, { bubbles: true, cancelable: true, ...more })
        : new ClipboardEvent(kind, { bubbles: true, cancelable: true, ...more });
    target.dispatchEvent(event);
}"""


async def test_files_are_dropped_pasted_put_first_and_taken_away(visit: Visit) -> None:
    page = await visit.open("list/upcoming")
    dialog = await write(visit, "With pictures.")
    bytes_ = list(picture()["buffer"])
    names = dialog.locator(".files .soft")
    await page.evaluate(HAND_OVER, ["drop", ".media", "one.jpg", "image/jpeg", bytes_])
    await expect(names).to_have_text(["one.jpg"])
    await page.evaluate(HAND_OVER, ["paste", "#composer-text", "two.jpg", "image/jpeg", bytes_])
    await expect(names).to_have_text(["one.jpg", "two.jpg"])
    await expect(dialog.get_by_role("button", name="Put two.jpg first")).to_be_visible()
    assert await page.evaluate(NAMELESS) == []
    await dialog.get_by_role("button", name="Put two.jpg first").click()
    await expect(names).to_have_text(["two.jpg", "one.jpg"])
    await dialog.get_by_role("button", name="Take one.jpg away").click()
    await expect(names).to_have_text(["two.jpg"])
    await page.evaluate(HAND_OVER, ["drop", ".media", "notes.txt", "text/plain", [72, 105]])
    await expect(dialog.locator(".files [role='alert']")).to_contain_text("text/plain")
    await dialog.get_by_role("button", name="Stop notes.txt").click()
    await expect(names).to_have_text(["two.jpg"])
    await expect(dialog.get_by_text("Every account takes it as it is.")).to_be_visible()


async def test_one_account_says_something_else_with_options_of_its_own(visit: Visit) -> None:
    page = await visit.open("list/upcoming")
    await page.get_by_label("Time zone").select_option("Europe/Berlin")
    dialog = await write(visit, "For all.")
    await dialog.get_by_role("tab", name="alice.test").click()
    await dialog.get_by_role("button", name="Write something else for alice.test").click()
    await dialog.get_by_label("Text", exact=True).fill("For Bluesky.")
    await dialog.get_by_role("button", name="Add a first comment").click()
    await dialog.get_by_label("First comment, or reply").fill("And a reply.")
    await dialog.get_by_label("Reply", exact=True).select_option("following")
    await dialog.get_by_label("Time in Europe/Berlin").fill("2027-03-28T02:30")
    await expect(dialog.get_by_text("02:30 does not exist on that day. It goes out at 03:30.")).to_be_visible()
    await dialog.get_by_label("Labels").fill("bakery, spring")
    await dialog.get_by_role("button", name="Schedule", exact=True).click()
    await expect(dialog).to_be_hidden()
    (found,) = (
        await visit.ask(
            "{ posts { edges { node { labels publishAt { at local zone } content { text }"
            " jobs { content { parts { text } options { name value } } } } } } }"
        )
    )["posts"]["edges"]
    assert found["node"] == {
        "labels": ["bakery", "spring"],
        "publishAt": {"at": "2027-03-28T01:30:00+00:00", "local": "2027-03-28T02:30:00", "zone": "Europe/Berlin"},
        "content": {"text": "For all."},
        "jobs": [
            {
                "content": {
                    "parts": [{"text": "For Bluesky."}, {"text": "And a reply."}],
                    "options": [{"name": "reply", "value": "following"}],
                }
            }
        ],
    }


async def test_an_account_is_paused_resumed_and_disconnected_after_a_question(visit: Visit) -> None:
    page = await visit.open("list/upcoming")
    panel = await accounts(visit)
    await panel.get_by_role("button", name="Connect an account").click()
    await panel.get_by_role("button", name="Bluesky", exact=True).click()
    await panel.get_by_label("App password").check()
    assert await page.evaluate(NAMELESS) == []
    alice = panel.locator("article")
    await alice.get_by_role("button", name="Pause").click()
    await expect(alice).to_have_attribute("data-state", "PAUSED")
    await alice.get_by_role("button", name="Resume").click()
    await expect(alice).to_have_attribute("data-state", "HEALTHY")
    await alice.get_by_role("button", name="Disconnect", exact=True).click()
    await alice.get_by_role("button", name="Keep it").click()
    assert [row.state for row in await visit.site.connections()] == [ConnectionState.HEALTHY]
    await alice.get_by_role("button", name="Disconnect", exact=True).click()
    await alice.get_by_role("button", name="Disconnect alice.test").click()
    await expect(alice).to_contain_text("It has no access any more.")
    assert [row.state for row in await visit.site.connections()] == [ConnectionState.REVOKED]


async def test_a_lost_access_is_repaired_and_what_came_too_late_goes_out(visit: Visit) -> None:
    site, client = visit.site, Client()
    await connect(site, client, MASTODON, await ticket(site, MASTODON), "bob")
    await client.close()
    (bob,) = [row for row in await site.connections() if row.platform == "mastodon"]
    page = await visit.open("list/published")
    job = await scheduled(visit, bob.id)
    async with httpx2.AsyncClient() as http:
        who = {"platform": "mastodon", "handle": "bob"}
        await http.request("DELETE", f"{site.sandbox.mastodon_url}/_sandbox/tokens", json=who)
    await look_at(site.rt, site.tenant, bob.id)
    async with site.rt.db.transaction(site.tenant) as session:
        await park(session, job, ParkReason.CONNECTION)
    await site.owner.execute("UPDATE jobs SET publish_by = $2 WHERE id = $1", job, now() - timedelta(seconds=1))
    async with site.rt.db.transaction(site.tenant) as session:
        assert await miss(session, job) is not None

    panel = await accounts(visit)
    row = panel.locator("article").filter(has_text="bob")
    await expect(row).to_have_attribute("data-state", "ATTENTION")
    await expect(row).to_contain_text("Reconnect the account")
    await expect(row).not_to_contain_text("reconnectConnection")  # what programs do, the button does here
    async with page.expect_popup() as opened:
        await row.get_by_role("button", name="Reconnect").click()
    await allow(await opened.value)
    await expect(row).to_have_attribute("data-state", "HEALTHY")
    await row.get_by_text("History").click()
    await expect(row.locator(".story li").first).to_be_visible()
    await row.get_by_role("button", name="Publish now").click()
    await expect(panel.get_by_text("Out now: 1 post.")).to_be_visible()
    await expect(row.get_by_role("button", name="Publish now")).to_have_count(0)
    await page.keyboard.press("Escape")
    await visit.work()
    await expect(page.locator(".card[data-state='PUBLISHED']")).to_contain_text("Came too late.")


async def scheduled(visit: Visit, connection: UUID) -> UUID:
    """A job on one connection for tomorrow."""
    operation = """mutation($input: SchedulePostInput!) {
        schedulePost(input: $input) { ... on PostScheduled { post { jobs { id } } } } }"""
    target, at = encode("Connection", connection), (now() + timedelta(days=1)).isoformat()
    content = {"text": "Came too late."}
    made = await visit.ask(
        operation, input={"content": content, "targets": [{"connectionId": target}], "publishAt": {"at": at}}
    )
    return decode(made["schedulePost"]["post"]["jobs"][0]["id"], "Job")


async def test_texts_and_clocks_are_measured_as_the_server_does(visit: Visit) -> None:
    page = await visit.open("list/upcoming")
    found = await page.evaluate(
        """async () => {
            const { measure, countOf } = await import("/static/planner/composer/counts.js");
            const { clockNotice, kindOf } = await import("/static/planner/composer/input.js");
            const { wallOf } = await import("/static/planner/zones.js");
            const limit = (rule, counted, max) => ({ rule, counted, min: null, max });
            const mastodon = [limit("text.length", "GRAPHEMES", 500), limit("text.url_length", "CHARACTERS", 23)];
            const bluesky = [limit("text.length", "GRAPHEMES", 300), limit("text.bytes", "BYTES", 3000)];
            const family = "\\u{1F468}\\u200D\\u{1F469}\\u200D\\u{1F467}";
            const berlin = "Europe/Berlin";
            const notice = (at) => clockNotice(at, berlin, (each) => wallOf(each, berlin).slice(0, 16));
            return {
                link: measure("See https://example.com/" + "x".repeat(80) + ".", mastodon[0], mastodon),
                family: [measure(family, bluesky[0], bluesky), measure(family, bluesky[1], bluesky)],
                near: countOf(family.repeat(200), bluesky, []),
                told: countOf("abc", bluesky, [{ rule: "text.length", measured: "7" }]),
                unknown: countOf("abc", [], []),
                clocks: ["2027-03-28T02:30", "2026-10-25T02:30", "2026-10-25T03:30", ""].map(notice),
                kinds: [[], ["IMAGE"], ["IMAGE", "VIDEO"], ["DOCUMENT"]].map((kinds) =>
                    kindOf({ text: "", link: "", after: [], files: kinds.map((kind) => ({ kind })) })),
            };
        }"""
    )
    assert found == {
        "link": 28,
        "family": [1, 18],
        "near": {"used": 3600, "most": 3000},
        "told": {"used": 7, "most": 300},
        "unknown": None,
        "clocks": [
            "Clocks go forward then: 02:30 does not exist on that day. It goes out at 03:30.",
            "Clocks go back then: 02:30 comes twice. It goes out at the first of the two.",
            "",
            "",
        ],
        "kinds": ["TEXT", "IMAGE", "VIDEO", "DOCUMENT"],
    }
