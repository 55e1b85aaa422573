"""Makes the README's pictures in docs/images: `python -m tests.docs.screenshot`, or `make screenshot`.

Plays the demo, opens the playground in headless Chromium, follows the jobs by subscription, schedules a post beside
the page, and takes the picture when its update has arrived; then those of the planner (`planner_pictures.py`).
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from playwright.async_api import Page, async_playwright

from app.http.assets import FOLDER
from tests.browser.chromium import ARGUMENTS, find
from tests.docs import planner_pictures

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "docs" / "images" / "playground.png"
ADDRESS = re.compile(r"http://\S+/graphql#key=(\S+)")
MASTODON = re.compile(r"Simulated Mastodon: +(http://\S+)")


def start(data: str) -> tuple[subprocess.Popen[str], str, str]:
    """Start the demo; gives the addresses of the playground and of the simulated Mastodon, which it prints at last."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "app.cli", "demo"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "POSTD_DATA_DIR": data, "NO_COLOR": "1", "COLUMNS": "200"},
    )
    if process.stdout is None:
        raise RuntimeError("the demo has no output")
    address = ""
    for line in process.stdout:
        if found := ADDRESS.search(line):
            address = found.group(0)
        if found := MASTODON.search(line):
            return process, address, found.group(1)
    raise RuntimeError("the demo did not print its addresses")


async def pictures(address: str, mastodon: str) -> None:
    """Take all pictures."""
    origin, key = address.split("/graphql#key=")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find(), args=list(ARGUMENTS))
        await planner_pictures.take(browser, origin, key, mastodon, TARGET.parent)
        page = await browser.new_page(viewport={"width": 1440, "height": 900}, device_scale_factor=1)
        await page.goto(address)
        await page.locator("#schema-status").get_by_text("Schema ready").wait_for()
        await page.locator('[data-example="watch-jobs"]').click()
        await page.get_by_role("button", name=re.compile("Execute query")).click()
        await asyncio.to_thread(schedule, address)
        await page.locator(".result-window").get_by_text('"PUBLISHED"', exact=True).wait_for(timeout=20_000)
        await steady(page)
        await page.screenshot(path=TARGET)
        await browser.close()


async def steady(page: Page) -> None:
    """Wait until nothing moves: the picture must not differ from run to run more than its content does."""
    await page.wait_for_timeout(1000)


def schedule(address: str) -> None:
    """Publish a post now, as another client of the API would."""
    origin, key = f"http://{urlsplit(address).netloc}", address.split("#key=")[1]
    book = json.loads((FOLDER / "playground" / "examples.json").read_text("utf-8"))
    example = next(each for each in book["examples"] if each["key"] == "publish-now")
    headers = {"Authorization": f"Bearer {key}"}

    def ask(operation: str, variables: object) -> dict[str, dict[str, list[dict[str, dict[str, str]]]]]:
        body = {"query": operation, "variables": variables}
        answer = httpx2.post(f"{origin}/graphql", json=body, headers=headers)
        found: dict[str, dict[str, list[dict[str, dict[str, str]]]]] = answer.json()["data"]
        return found

    connection = ask(book["searches"]["connection"]["operation"], {})["connections"]["edges"][0]["node"]["id"]
    variables = json.loads(json.dumps(example["variables"]).replace("<connection>", connection))
    ask(example["operation"], variables)


def main() -> None:
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        process, address, mastodon = start(data)
        try:
            asyncio.run(pictures(address, mastodon))
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)
    print(f"wrote the pictures in {TARGET.parent.relative_to(ROOT)}")  # noqa: T201 -- its result


if __name__ == "__main__":
    main()
