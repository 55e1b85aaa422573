"""A visitor of the planner: a page of Chromium on a workspace of its own, and the hands of somebody beside the page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import ConsoleMessage, Locator, Page, Request, expect

from app.actions.jobs.offer import offer
from app.actions.posts.check import Target
from app.actions.posts.schedule import Schedule, schedule
from app.domain.jobs.queries import of_posts
from app.domain.posts.content import content, part
from app.domain.posts.planned_time import PlannedTime
from app.flows.publishing.wake import wake
from schema.node import encode
from tests.fixtures.site import LiveServer, Site


def some_monday() -> datetime:
    """The first moment of a week that is all in the future."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=14 - today.weekday())


class Visit:
    """One page, and everything it did that it should not have done."""

    def __init__(self, page: Page, server: LiveServer, site: Site) -> None:
        self.page, self.server, self.site = page, server, site
        self.week = some_monday()
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._judge)

    def _hear(self, message: ConsoleMessage) -> None:
        # A browser writes every 401 and every lost network there; the page tells those to the person.
        if (
            message.type == "error"
            and "Failed to load resource" not in message.text
            and "WebSocket" not in message.text
        ):
            self.complaints.append(message.text)

    def _judge(self, request: Request) -> None:
        own = request.url.startswith(("data:", "blob:"))
        if not own and urlsplit(request.url).netloc != urlsplit(self.server.url).netloc:
            self.foreign.append(request.url)

    async def open(self, place: str = "") -> Page:
        """Sign in with the key of the link, and go to a place; by default the week of `week`."""
        await self.page.goto(f"{self.server.url}/#key={self.server.api_key}")
        await expect(self.page.get_by_text("Live", exact=True)).to_be_visible()
        await self.go(place or f"week/{self.week:%Y-%m-%d}")
        return self.page

    async def go(self, place: str) -> None:
        """Go to another part of the page."""
        await self.page.evaluate("place => { location.hash = `#/${place}` }", place)

    def card(self, job: str) -> Locator:
        """The card of a job."""
        return self.page.locator(f'[data-job="{job}"]')

    def cell(self, at: str) -> Locator:
        """The cell of a day or of an hour, e.g. `2026-11-21T09`."""
        return self.page.locator(f'[data-drop="{at}"]')

    async def stands(self, job: str, at: str) -> None:
        """Wait until a card stands in a cell, and nowhere else."""
        await expect(self.cell(at).locator(f'[data-job="{job}"]')).to_be_visible()
        await expect(self.card(job)).to_have_count(1)

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """Ask the API beside the page, as another client would."""
        answer = await self.page.request.post(
            f"{self.server.url}/graphql",
            data={"query": document, "variables": variables},
            headers={"Authorization": f"Bearer {self.server.api_key}"},
        )
        body = await answer.json()
        assert "errors" not in body, body
        found: dict[str, Any] = body["data"]
        return found

    async def job(self, job: str) -> dict[str, Any]:
        """A job as the API has it."""
        fields = "... on Job { state dueAt revision }"
        found: dict[str, Any] = (await self.ask(f"query($id: ID!) {{ node(id: $id) {{ {fields} }} }}", id=job))["node"]
        return found

    async def plan(self, *moments: datetime | None, text: str = "A post", labels: Sequence[str] = ()) -> list[str]:
        """Schedule a post for each moment, None for now, beside the page; gives the ids of their jobs."""
        rt, moment = self.site.rt, self.site.rt.clock.now()
        [account] = await self.site.connections()
        made = []
        async with rt.db.transaction(self.site.tenant) as session:
            for at in moments:
                time = None if at is None else PlannedTime(at)
                told, target = content([part(text)]), Target(account.id)
                command = Schedule(told, [target], time, moment, rt.settings.timing, "system", labels=tuple(labels))
                made.append((await schedule(session, rt.catalog, command)).post.id)
            return [encode("Job", job.id) for post in made for job in await of_posts(session, [post])]

    async def work(self) -> None:
        """Do what a scheduler and a worker would do now."""
        rt = self.site.rt
        async with rt.db.system() as session:
            offered = await offer(session, tenants=100, each=100, again=timedelta(seconds=30))
        for one in offered:
            await wake(rt, one.tenant_id, one.job_id, "worker-1")
