"""The connect pages: what they say, that they escape, and what a popup tells the window that opened it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import BrowserContext, Page, Route, async_playwright, expect
from starlette.responses import HTMLResponse

from app.http.assets import MOUNT, assets
from app.http.rendering import html_page
from tests.browser.chromium import ARGUMENTS, find

ORIGIN = "http://postd.test"
FRONTEND = "http://planner.test"
FRAME: dict[str, Any] = {"client_name": "POSTD", "host": "postd.test"}
HANDLE = {
    "name": "handle", "label": "Handle", "kind": "text", "value": "acme.example", "hint": "Without the @.",
    "placeholder": "", "problem": "", "required": True,
}  # fmt: skip
PASSWORD = HANDLE | {
    "name": "password",
    "label": "App password",
    "kind": "password",
    "value": "",
    "problem": "Too short.",
}
ACCOUNTS = [
    {"value": "1", "name": "Acme", "detail": "Page", "chosen": True, "usable": True, "reason": ""},
    {"value": "2", "name": "Roastery", "detail": "", "chosen": False, "usable": True, "reason": ""},
    {"value": "3", "name": "Old", "detail": "Page", "chosen": True, "usable": False, "reason": "Ask its owner."},
]


def connect(**changes: Any) -> HTMLResponse:
    values: dict[str, Any] = {
        "workspace_name": "Acme", "platform_name": "Mastodon", "reconnect": None, "action": "/connect/t",
        "scopes": [("write:statuses", "Publish posts")], "fields": [], "cancel_to": None, "expires": None,
        "problem": None,
    }  # fmt: skip
    return html_page("connect.html", **FRAME, **(values | changes))


def accounts(*, several: bool = True) -> HTMLResponse:
    return html_page(
        "accounts.html", **FRAME, workspace_name="Acme", platform_name="Facebook", accounts=ACCOUNTS,
        several=several, action="/connect/t/accounts", cancel_to="/back", problem=None,
    )  # fmt: skip


def connected(**changes: Any) -> HTMLResponse:
    values: dict[str, Any] = {
        "workspace_name": "Acme", "platform_name": "Bluesky", "reconnected": False, "waiting": 0, "tell_origin": "",
        "connections": [{"id": "QzE=", "name": "Acme", "detail": "@acme"}, {"id": "QzI=", "name": "B", "detail": ""}],
        "return_to": None,
    }  # fmt: skip
    return html_page("connected.html", **FRAME, **(values | changes))


def failed(**changes: Any) -> HTMLResponse:
    values: dict[str, Any] = {
        "platform_name": "Mastodon", "code": "CONSENT_DENIED", "message": "The permission was refused.",
        "hint": "Start again.", "changed": False, "retry_to": "/connect/t", "return_to": None, "tell_origin": "",
        "reference": None,
    }  # fmt: skip
    return html_page("connect_failed.html", **FRAME, **(values | changes))


class Pages:
    """Serves answers of ours under two origins to one browser context, and keeps what the console complained of."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.served: dict[str, HTMLResponse] = {}
        self.complaints: list[str] = []

    async def serve(self, route: Route) -> None:
        address = urlsplit(route.request.url)
        if address.path.startswith(f"{MOUNT}/"):
            asset = assets()[address.path.removeprefix(f"{MOUNT}/")]
            await route.fulfill(body=asset.body, headers={"content-type": asset.media_type})
            return
        page = self.served.get(address.path, HTMLResponse("<title>opener</title>"))
        await route.fulfill(body=bytes(page.body), headers=dict(page.headers), status=page.status_code)

    async def show(self, page: HTMLResponse) -> Page:
        self.served["/page"] = page
        tab = await self.context.new_page()
        tab.on("console", lambda entry: self.complaints.append(entry.text))
        await tab.goto(f"{ORIGIN}/page")
        return tab

    async def popup(self, page: HTMLResponse, *, opener: str = ORIGIN) -> tuple[Page, Page]:
        """Open `page` as a popup; answers the opener and the popup. The opener keeps what it hears in `heard`."""
        self.served["/page"] = page
        first = await self.context.new_page()
        await first.goto(f"{opener}/opener")
        await first.evaluate(
            "void (heard = new Promise(done => addEventListener('message', e => done({origin: e.origin, ...e.data}))))"
        )
        async with first.expect_popup() as opened:
            await first.evaluate(f"void window.open('{ORIGIN}/page', 'connect', 'popup')")
        return first, await opened.value


@pytest.fixture
async def pages() -> AsyncIterator[Pages]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find(), args=list(ARGUMENTS))
        context = await browser.new_context()
        context.set_default_timeout(30_000)
        made = Pages(context)
        await made.context.route("**/*", made.serve)
        yield made
        await browser.close()


async def test_the_connect_page_says_who_asks_for_what(pages: Pages) -> None:
    tab = await pages.show(connect())
    await expect(tab.get_by_role("heading", level=1)).to_have_text("Connect your Mastodon account")
    await expect(tab.locator(".lead")).to_contain_text("Acme asks to post to Mastodon as you.")
    await expect(tab.get_by_role("listitem")).to_have_text("Publish posts write:statuses")
    await expect(tab.get_by_role("button", name="Continue to Mastodon")).to_be_visible()
    assert pages.complaints == []


async def test_the_connect_form_sends_the_fields_of_the_platform(pages: Pages) -> None:
    tab = await pages.show(connect(fields=[HANDLE, PASSWORD], platform_name="Bluesky"))
    await tab.get_by_label("App password").fill("abcd-efgh")
    async with tab.expect_request("**/connect/t") as sent:
        await tab.get_by_role("button", name="Connect Bluesky").click()
    request = await sent.value
    assert (request.method, request.post_data) == ("POST", "handle=acme.example&password=abcd-efgh")


async def test_a_field_is_announced_with_its_problem_and_hint(pages: Pages) -> None:
    tab = await pages.show(connect(fields=[HANDLE, PASSWORD]))
    field = tab.get_by_label("App password")
    await expect(field).to_have_accessible_description("Too short. Without the @.")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(tab.get_by_label("Handle")).not_to_have_attribute("aria-invalid", "true")


async def test_a_reconnect_names_the_account(pages: Pages) -> None:
    tab = await pages.show(connect(reconnect="@acme"))
    await expect(tab.get_by_role("heading", level=1)).to_have_text("Reconnect @acme on Mastodon")


async def test_the_accounts_form_sends_what_is_ticked_and_usable(pages: Pages) -> None:
    tab = await pages.show(accounts())
    await tab.get_by_label("Roastery").check()
    await expect(tab.get_by_label("Old")).to_be_disabled()
    async with tab.expect_request("**/connect/t/accounts") as sent:
        await tab.get_by_role("button", name="Connect these accounts").click()
    assert (await sent.value).post_data == "account=1&account=2"


async def test_one_account_is_chosen_where_only_one_may_be(pages: Pages) -> None:
    tab = await pages.show(accounts(several=False))
    await tab.get_by_label("Roastery").check()
    await expect(tab.get_by_label("Acme")).not_to_be_checked()


async def test_a_popup_tells_its_opener_and_closes(pages: Pages) -> None:
    opener, popup = await pages.popup(connected())
    assert await opener.evaluate("heard") == {
        "origin": ORIGIN,
        "source": "postd",
        "type": "connected",
        "platform": "Bluesky",
        "connectionIds": ["QzE=", "QzI="],
    }
    if not popup.is_closed():
        await popup.wait_for_event("close")


async def test_a_popup_of_an_allowed_frontend_tells_it_too(pages: Pages) -> None:
    opener, _ = await pages.popup(connected(tell_origin=FRONTEND), opener=FRONTEND)
    assert (await opener.evaluate("heard"))["connectionIds"] == ["QzE=", "QzI="]


async def test_a_popup_tells_no_other_origin(pages: Pages) -> None:
    opener, popup = await pages.popup(failed(), opener=FRONTEND)
    await popup.wait_for_load_state()
    await opener.evaluate("postMessage({type: 'own'}, '*')")
    assert await opener.evaluate("heard") == {"origin": FRONTEND, "type": "own"}


async def test_a_popup_that_failed_tells_why_and_stays_to_be_read(pages: Pages) -> None:
    opener, popup = await pages.popup(failed())
    heard = await opener.evaluate("heard")
    assert (heard["type"], heard["platform"], heard["code"]) == ("connect-failed", "Mastodon", "CONSENT_DENIED")
    await expect(popup.get_by_role("alert")).to_have_text("The permission was refused. Start again.")
    await expect(popup.get_by_role("link", name="Try again")).to_have_attribute("href", "/connect/t")


async def test_without_a_popup_the_success_page_stays(pages: Pages) -> None:
    tab = await pages.show(connected(return_to="/planner", waiting=1))
    await expect(tab.get_by_role("heading", level=1)).to_have_text("Bluesky is connected")
    await expect(tab.get_by_role("link")).to_have_attribute("href", "/planner")
    await expect(tab.get_by_text("1 post that waited goes out now.")).to_be_visible()
    assert pages.complaints == []


@pytest.mark.parametrize("page", [connect(fields=[HANDLE]), accounts(), connected(), failed()])
async def test_a_page_fits_a_phone(pages: Pages, page: HTMLResponse) -> None:
    tab = await pages.show(page)
    await tab.set_viewport_size({"width": 320, "height": 640})
    assert await tab.evaluate("document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize(
    "page",
    [
        connect(workspace_name="<b>x</b>", platform_name="<b>x</b>", scopes=[("<b>x</b>", "<b>x</b>")]),
        connected(workspace_name="<b>x</b>", connections=[{"id": '"><b>', "name": "<b>x</b>", "detail": "<b>x</b>"}]),
        failed(message="<b>x</b>", hint="<b>x</b>", reference="<b>x</b>", code='"><b>'),
    ],
)
def test_what_others_wrote_is_text(page: HTMLResponse) -> None:
    assert "<b>" not in bytes(page.body).decode()
    assert "&lt;b&gt;" in bytes(page.body).decode()


def test_a_failure_that_changed_something_does_not_say_otherwise() -> None:
    assert b"Nothing was changed." in failed().body
    assert b"Nothing was changed." not in failed(changed=True).body


def test_a_dead_link_names_no_platform() -> None:
    assert b"This link does not work" in failed(platform_name="").body
