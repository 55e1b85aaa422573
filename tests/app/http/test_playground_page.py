"""The playground in a real browser that can reach nothing but the server under test."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    Page,
    Route,
    WebSocket,
    WebSocketRoute,
    async_playwright,
    expect,
)

from app.http.assets import FOLDER
from tests.browser.chromium import ARGUMENTS, find

EXAMPLES = FOLDER / "playground" / "examples.json"
RESPONSE = "document.querySelector('.result-window .CodeMirror')?.CodeMirror.getValue() ?? ''"
EDITOR = "document.querySelector('.graphiql-query-editor .CodeMirror').CodeMirror"
VARIABLES = "document.querySelector('.graphiql-editor-tool .graphiql-editor:not(.hidden) .CodeMirror').CodeMirror"
ASKING = "Paste an API key to begin"


class Visit:
    """One browser context on the playground, and everything it did that it should not have done."""

    def __init__(self, context: BrowserContext, page: Page, server: Any) -> None:
        self.context, self.page, self.server = context, page, server
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        self.asked = 0
        page.on("console", lambda entry: self.complaints.append(entry.text) if entry.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("websocket", self.see)

    def see(self, socket: WebSocket) -> None:
        self.judge(socket.url)

    def judge(self, url: str) -> bool:
        own = urlsplit(url).netloc == urlsplit(self.server.url).netloc or url.startswith("data:")
        if not own:
            self.foreign.append(url)
        return own

    async def guard(self, route: Route) -> None:
        self.asked += route.request.method == "POST"
        await (route.continue_() if self.judge(route.request.url) else route.abort())

    async def open(self, *, key: str | None = None) -> Page:
        await self.context.route("**/*", self.guard)
        await self.page.goto(f"{self.server.url}/graphql" + (f"#key={key}" if key else ""))
        await expect(self.page.locator(".graphiql-query-editor .CodeMirror")).to_be_visible()
        return self.page

    async def ready(self) -> Page:
        page = await self.open(key=self.server.api_key)
        await expect(page.locator("#schema-status")).to_have_text("Schema ready")
        return page

    async def pick(self, example: str) -> None:
        button = self.page.locator(f'[data-example="{example}"]')
        await button.click()
        await expect(button).to_have_attribute("aria-pressed", "true")

    async def run(self) -> None:
        await self.page.get_by_role("button", name=re.compile("Execute query")).click()

    async def answer(self, *, containing: str = '"data"') -> Any:
        await self.page.wait_for_function(f"word => ({RESPONSE}).includes(word)", arg=containing)
        return json.loads(await self.page.evaluate(RESPONSE))

    async def schedule(self) -> str:
        """Schedule a post beside the page, as another client would; answers the id of its job, which then waits."""
        book = json.loads(EXAMPLES.read_text("utf-8"))
        example = next(each for each in book["examples"] if each["key"] == "publish-now")
        found = await self.ask(book["searches"]["connection"]["operation"], {})
        values = json.loads(
            json.dumps(example["variables"]).replace("<connection>", found["connections"]["edges"][0]["node"]["id"])
        )
        values["input"]["publishAt"] = {"at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}
        scheduled = await self.ask(example["operation"], values)
        return str(scheduled["schedulePost"]["post"]["jobs"][0]["id"])

    async def ask(self, operation: str, variables: dict[str, Any]) -> Any:
        answer = await self.context.request.post(
            f"{self.server.url}/graphql",
            data={"query": operation, "variables": variables},
            headers={"Authorization": f"Bearer {self.server.api_key}"},
        )
        return (await answer.json())["data"]


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(
            executable_path=find(),
            args=[*ARGUMENTS, "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"],
        )
        yield started
        await started.close()


@pytest.fixture
async def visit(browser: Browser, live_server: Any) -> AsyncIterator[Visit]:
    context = await browser.new_context()
    context.set_default_timeout(20_000)
    yield Visit(context, await context.new_page(), live_server)
    await context.close()


async def test_the_page_loads_without_an_error_and_from_this_server_only(visit: Visit) -> None:
    await visit.ready()
    assert visit.complaints == []
    assert visit.foreign == []


async def test_a_page_without_a_key_asks_for_one_and_does_not_knock(visit: Visit) -> None:
    page = await visit.open()
    await expect(page.locator("#schema-status")).to_have_text(ASKING)
    assert visit.asked == 0
    assert visit.complaints == []


async def test_a_key_in_the_link_is_taken_out_of_the_address(visit: Visit) -> None:
    page = await visit.ready()
    assert page.url == f"{visit.server.url}/graphql"
    assert await page.locator("#key").input_value() == visit.server.api_key
    assert await page.evaluate("history.length") == 2  # about:blank and the page: no entry with the key


async def test_the_key_outlives_a_reload_but_not_the_tab(visit: Visit) -> None:
    page = await visit.ready()
    await page.reload()
    await expect(page.locator("#schema-status")).to_have_text("Schema ready")
    other = await visit.context.new_page()
    await other.goto(page.url)
    await expect(other.locator("#schema-status")).to_have_text(ASKING)


async def test_the_key_box_takes_a_key_and_forgets_it(visit: Visit) -> None:
    page = await visit.open()
    await page.locator("#key").fill(f"  {visit.server.api_key} ")
    await page.get_by_role("button", name="Use key").click()
    await expect(page.locator("#schema-status")).to_have_text("Schema ready")
    await page.locator("#key").fill("")
    await page.locator("#key").press("Enter")
    await expect(page.locator("#schema-status")).to_have_text(ASKING)
    assert await page.evaluate("sessionStorage.getItem('postd.key')") is None


async def test_a_wrong_key_is_answered_with_the_reason_of_the_server(visit: Visit) -> None:
    page = await visit.open(key="postd_live_wrong")
    await expect(page.locator("#schema-status")).to_have_attribute("data-state", "refused")
    assert len(await page.locator("#schema-status").inner_text()) > 10


async def test_the_key_box_refuses_what_cannot_be_a_key(visit: Visit) -> None:
    page = await visit.open()
    await page.locator("#key").fill("two words")
    await page.locator("#key").press("Enter")
    assert await page.evaluate("document.getElementById('key').validationMessage") == (
        "A key has no spaces and no accented letters. Copy it again."
    )
    assert await page.evaluate("sessionStorage.getItem('postd.key')") is None


async def test_the_key_is_hidden_until_it_is_asked_for(visit: Visit) -> None:
    page = await visit.open()
    await expect(page.locator("#key")).to_have_attribute("type", "password")
    await page.get_by_role("button", name="Show", exact=True).click()
    await expect(page.locator("#key")).to_have_attribute("type", "text")


async def test_the_docs_of_the_schema_load(visit: Visit) -> None:
    page = await visit.ready()
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    docs = page.locator(".graphiql-doc-explorer")
    await docs.get_by_role("link", name="Subscription", exact=True).first.click()
    await expect(docs.get_by_role("link", name="jobUpdated")).to_be_visible()
    assert visit.complaints == []


async def test_a_query_runs(visit: Visit) -> None:
    await visit.ready()
    await visit.pick("connections")
    await visit.run()
    answer = await visit.answer()
    assert "errors" not in answer
    assert len(answer["data"]["connections"]["edges"]) >= 1


async def test_a_mutation_runs_with_its_gaps_filled(visit: Visit) -> None:
    page = await visit.ready()
    await visit.pick("publish-now")
    assert "<" not in await page.evaluate(f"{VARIABLES}.getValue()")
    await visit.run()
    answer = await visit.answer()
    assert "errors" not in answer
    assert answer["data"]["schedulePost"]["post"]["jobs"][0]["id"]


async def test_a_subscription_receives_a_live_update(visit: Visit) -> None:
    page = await visit.ready()
    await visit.schedule()
    await visit.pick("watch-jobs")
    await visit.run()
    await expect(page.locator("#socket-status")).to_have_text("Live")
    await visit.answer(containing='"jobUpdated"')  # the first state has come: from here on every change does
    job = await visit.schedule()
    update = (await visit.answer(containing=job))["data"]["jobUpdated"]
    assert update["job"]["id"] == job
    assert update["event"] is not None
    assert visit.foreign == []
    assert visit.complaints == []


async def test_a_lost_socket_is_opened_again_and_updates_go_on(visit: Visit) -> None:
    opened: asyncio.Queue[WebSocketRoute] = asyncio.Queue()

    def between(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        opened.put_nowait(socket)

    await visit.page.route_web_socket(re.compile(".*/graphql"), between)
    page = await visit.ready()
    await visit.pick("watch-jobs")
    await visit.run()
    await expect(page.locator("#socket-status")).to_have_text("Live")
    await (await opened.get()).close(code=1012)
    await opened.get()
    await expect(page.locator("#socket-status")).to_have_text("Live")
    job = await visit.schedule()
    assert (await visit.answer(containing=job))["data"]["jobUpdated"]["job"]["id"] == job


async def test_a_refused_key_ends_the_subscription_with_a_reason(visit: Visit) -> None:
    page = await visit.ready()
    await visit.pick("watch-jobs")
    await page.evaluate("sessionStorage.setItem('postd.key', 'postd_live_wrong')")
    await visit.run()
    await expect(page.locator("#socket-status")).to_have_text("Key refused")
    answer = await visit.answer(containing="refused")
    assert answer["errors"][0]["message"].startswith("The server refused the key for live updates.")


async def test_an_example_does_not_overwrite_what_the_visitor_wrote(visit: Visit) -> None:
    page = await visit.ready()
    await page.evaluate(f"{EDITOR}.setValue('query Mine {{ __typename }}')")
    await expect(page.get_by_role("tab", name="Mine")).to_be_visible()
    await visit.pick("health")
    await expect(page.get_by_role("tab", name="Health")).to_be_visible()
    assert (await page.evaluate(f"{EDITOR}.getValue()")).startswith("query Health")
    await page.get_by_role("tab", name="Mine").click()
    assert await page.evaluate(f"{EDITOR}.getValue()") == "query Mine { __typename }"


async def test_an_example_replaces_an_untouched_example(visit: Visit) -> None:
    page = await visit.ready()
    await visit.pick("health")
    await visit.pick("connections")
    await expect(page.get_by_role("tab", name="Connections")).to_be_visible()
    assert await page.get_by_role("tab").count() == 1


async def test_without_a_key_an_example_says_why_its_gaps_stay(visit: Visit) -> None:
    page = await visit.open()
    await visit.pick("publish-now")
    await expect(page.locator(".postd-examples-problems")).to_contain_text("Paste an API key first.")
    assert "<connection>" in await page.evaluate(f"{VARIABLES}.getValue()")


async def test_a_header_of_the_editor_is_sent_and_not_kept(visit: Visit) -> None:
    page = await visit.ready()
    await visit.pick("viewer")
    await page.get_by_role("button", name="Headers", exact=True).click()
    await page.evaluate(f"""{VARIABLES}.setValue('{{"X-Trial": "very-private"}}')""")
    async with page.expect_request(lambda request: request.method == "POST") as sent:
        await visit.run()
    assert (await sent.value).headers["x-trial"] == "very-private"
    await visit.answer()
    await page.wait_for_function("(localStorage.getItem('postd.playground:graphiql:queries') ?? '').includes('Viewer')")
    kept = await page.evaluate("JSON.stringify(localStorage)")
    assert "very-private" not in kept
    assert visit.server.api_key not in kept


async def test_dialogs_open_under_the_policy(visit: Visit) -> None:
    page = await visit.ready()
    for name in ("Open settings dialog", "Open short keys dialog"):
        await page.get_by_role("button", name=name).click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
    assert visit.complaints == []


@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(27, 33, 48)")])
async def test_the_page_follows_the_colour_scheme(visit: Visit, scheme: Any, ground: str) -> None:
    await visit.page.emulate_media(color_scheme=scheme)
    page = await visit.open()
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == ground
