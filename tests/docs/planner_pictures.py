"""The README's pictures of the planner: a week of posts in light and dark, the composer, the accounts, and a phone.

Everything in them is real: posts that were scheduled through the API, files that were uploaded, an account whose access
was taken back on its simulated platform.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
from PIL import Image, ImageDraw
from playwright.async_api import Browser, FilePayload, Locator, Page, expect

ZONE = "Europe/Berlin"
SETTLES = 700
"""Milliseconds until nothing moves."""
CANCELLED = "Sunday: we sleep, the starter does not."
REFUSED = "A reader asked how to keep bread fresh. Paper bag, cut side down."
"""The post that comes to an account without access."""
SCHEDULE = """mutation($input: SchedulePostInput!) {
    schedulePost(input: $input) {
        __typename
        ... on PostScheduled { post { id } }
        ... on UserError { message hint }
    }
}"""
WORDS = (
    "We baked bread every day for eleven years before we dared to write the recipe down. Here it is: flour, water, "
    "salt, and time. The time is the part that nobody believes. Mix on Thursday evening, fold twice, and go to bed. "
    "On Friday the dough tells you when it is ready. On Saturday you have the best loaf of your street."
)


class Plan(NamedTuple):
    """A post of the week: day from Monday, time, where, what it says, and its labels."""

    day: int
    time: str
    platforms: Sequence[str]
    text: str
    labels: Sequence[str] = ()


WEEK = (
    Plan(0, "08:00", ["bluesky", "mastodon"], "Monday is rye day. The first loaves come out at seven.", ["bread"]),
    Plan(0, "17:30", ["linkedin"], "We are looking for a baker who likes mornings."),
    Plan(1, "09:15", ["facebook"], "New on the shelf: walnut and honey.", ["bread"]),
    Plan(1, "12:00", ["bluesky"], "Why does sourdough take two days? A short answer, in three parts."),
    Plan(2, "08:00", ["mastodon", "bluesky"], "Half past ten: the cinnamon rolls are ready.", ["sweets"]),
    Plan(2, "16:00", ["linkedin", "facebook"], "How we halved our flour waste in a year."),
    Plan(3, "07:30", ["facebook"], "Thursday is market day. Find us beside the fountain.", ["market"]),
    Plan(3, "13:45", ["mastodon"], REFUSED),
    Plan(4, "08:00", ["bluesky", "mastodon", "linkedin"], "We close early today: the oven gets a new door."),
    Plan(4, "15:00", ["facebook"], "Order by six for the weekend.", ["orders"]),
    Plan(5, "09:00", ["bluesky", "facebook"], "Saturday rolls, still warm.", ["sweets"]),
    Plan(6, "10:00", ["mastodon"], CANCELLED),
)


def monday() -> datetime:
    """The Monday of next week: all of it is still to come."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=7 - today.weekday())


class Api:
    """The API as a client uses it."""

    def __init__(self, origin: str, key: str) -> None:
        self._address, self._headers = f"{origin}/graphql", {"Authorization": f"Bearer {key}"}

    def ask(self, operation: str, **variables: Any) -> Any:
        """Ask once; gives the data."""
        body = {"query": operation, "variables": variables}
        answer = httpx2.post(self._address, json=body, headers=self._headers, timeout=20).json()
        if "errors" in answer:
            raise RuntimeError(answer["errors"][0]["message"])
        return answer["data"]

    def plan(self) -> dict[str, str]:
        """Schedule the week; one post is cancelled again. Gives the ids of the posts by their text."""
        found = self.ask("{ connections(first: 100) { edges { node { id platform { key } } } } }")["connections"][
            "edges"
        ]
        first = {each["node"]["platform"]["key"]: each["node"]["id"] for each in reversed(found)}
        posts: dict[str, str] = {}
        for each in WEEK:
            local = {"time": f"{monday() + timedelta(days=each.day):%Y-%m-%d}T{each.time}", "zone": ZONE}
            targets = [{"connectionId": first[platform]} for platform in each.platforms]
            wanted = {"content": {"text": each.text}, "targets": targets, "publishAt": {"local": local}}
            made = self.ask(SCHEDULE, input={**wanted, "labels": list(each.labels)})["schedulePost"]
            if made["__typename"] != "PostScheduled":
                raise RuntimeError(f"{made['message']} {made['hint']}")
            posts[each.text] = str(made["post"]["id"])
        self.ask("mutation($id: ID!) { cancelPost(input: { postId: $id }) { __typename } }", id=posts[CANCELLED])
        return posts


async def take(browser: Browser, origin: str, key: str, mastodon: str, folder: Path) -> None:
    """Take all of them. `mastodon`: where the simulated one answers."""
    api = Api(origin, key)
    posts = api.plan()
    wide = await browser.new_context(viewport={"width": 1320, "height": 900}, locale="en-GB", timezone_id=ZONE)
    page = await wide.new_page()
    await _open(page, origin, key, f"week/{monday():%Y-%m-%d}")
    await expect(page.locator(".card").first).to_be_visible()
    await page.mouse.move(660, 500)
    await page.mouse.wheel(0, 190)  # few posts go out at night
    await _save(page, folder / "planner-week.png")
    await page.emulate_media(color_scheme="dark")
    await _save(page, folder / "planner-dark.png")
    await page.emulate_media(color_scheme="light")
    await _compose(page)
    await _save(page, folder / "planner-composer.png")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Throw it away").click()
    await page.get_by_role("button", name="Accounts", exact=True).click()
    panel = page.get_by_role("dialog", name="Accounts")
    await _lose_access(panel.locator("article", has_text="Mastodon"), mastodon)
    api.ask("mutation($id: ID!) { publishPostNow(input: { postId: $id }) { __typename } }", id=posts[REFUSED])
    await expect(panel.locator('article[data-state="ATTENTION"]')).to_contain_text("1 on hold", timeout=20_000)
    await _save(page, folder / "planner-accounts.png")
    await wide.close()
    phone = await browser.new_context(
        viewport={"width": 390, "height": 780}, locale="en-GB", timezone_id=ZONE, has_touch=True, is_mobile=True
    )
    page = await phone.new_page()
    await _open(page, origin, key, "list/upcoming")
    await expect(page.locator(".card").first).to_be_visible()
    await _save(page, folder / "planner-phone.png")
    await phone.close()


async def _open(page: Page, origin: str, key: str, place: str) -> None:
    await page.goto(f"{origin}/#key={key}")
    await expect(page.get_by_text("Live", exact=True)).to_be_attached()
    await page.evaluate("place => { location.hash = `#/${place}` }", place)


async def _save(page: Page, file: Path) -> None:
    await page.wait_for_timeout(SETTLES)
    await page.screenshot(path=file)


async def _compose(page: Page) -> None:
    await page.keyboard.press("n")
    dialog = page.get_by_role("dialog", name="New post")
    for platform in ("Bluesky", "Mastodon", "LinkedIn"):
        await dialog.locator(f'.chip[title^="{platform}"] input').first.check()
    await dialog.get_by_label("Text", exact=True).fill(WORDS)
    loaf: FilePayload = {"name": "loaf.png", "mimeType": "image/png", "buffer": _loaf()}
    await dialog.get_by_label("Files of the post").set_input_files([loaf])
    await dialog.get_by_label("Description of loaf.png").fill("A round loaf on a blue cloth")
    await dialog.get_by_label("Time in Europe/Berlin").fill(f"{monday() + timedelta(days=2):%Y-%m-%d}T11:00")
    await expect(dialog.locator(".jumps")).to_be_visible()
    await dialog.get_by_label("Text", exact=True).focus()


def _loaf() -> bytes:
    image, made = Image.new("RGB", (480, 480), "#7d9cc9"), io.BytesIO()
    draw = ImageDraw.Draw(image)
    draw.ellipse((70, 120, 410, 400), fill="#a8652a")
    draw.ellipse((90, 120, 390, 360), fill="#c98a45")
    for shift in (-80, 0, 80):
        draw.arc((150 + shift, 150, 250 + shift, 330), 200, 320, fill="#f3ddb4", width=14)
    image.save(made, "PNG")
    return made.getvalue()


async def _lose_access(account: Locator, mastodon: str) -> None:
    """End the access of an account on its platform."""
    handle = (await account.locator("strong").inner_text()).split("@")[1]
    async with httpx2.AsyncClient() as http:
        who = {"platform": "mastodon", "handle": handle}
        (await http.request("DELETE", f"{mastodon}/_sandbox/tokens", json=who)).raise_for_status()
