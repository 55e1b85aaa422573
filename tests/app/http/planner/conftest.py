"""What these tests share: a served API for each module, one Chromium for all, and a visitor of the planner."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

from tests.app.http.planner.visit import Visit
from tests.browser.chromium import ARGUMENTS, find
from tests.fixtures.site import LiveServer, Site, api, live_server, log, sandbox, site

__all__ = ["api", "live_server", "log", "sandbox", "site"]

LOCAL_ONLY = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"


@pytest.fixture(scope="package")
async def chromium() -> AsyncIterator[Browser]:
    """Give a browser that can reach nothing but this machine."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=find(), args=[*ARGUMENTS, LOCAL_ONLY])
        yield started
        await started.close()


@pytest.fixture
async def visit(chromium: Browser, live_server: LiveServer, site: Site) -> AsyncIterator[Visit]:
    """Give a visitor of a fresh workspace; afterwards nothing may have gone wrong in the page unseen."""
    context = await chromium.new_context(
        viewport={"width": 1400, "height": 1500}, locale="en-GB", timezone_id="UTC", reduced_motion="reduce"
    )
    context.set_default_timeout(15_000)
    made = Visit(await context.new_page(), live_server, site)
    yield made
    await context.close()
    assert made.complaints == []
    assert made.foreign == []
