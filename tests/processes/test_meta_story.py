"""The story of a Meta account over the public API: connected, removed by its owner, connected again, nothing lost."""

from __future__ import annotations

import asyncio
import io
import json
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx2
import orjson
import pytest
from PIL import Image
from strawberry import ID

from app.actions.keys.create import CreateKey, create
from app.demo import documents
from app.demo.api import Client
from app.demo.browser import Browser, first_form
from app.demo.scenes import expect
from app.domain.keys.model import Scope
from app.services.events import read_after
from connectors.meta.scopes import FACEBOOK_LOGIN
from schema.node import decode
from tests.processes.installation import Installation
from tests.processes.workspace import Workspace

OWNER = "corner.bakery"
AHEAD, WINDOW = 600.0, 600.0
"""Seconds to the second post's time and from there to the end of its window; the test lets them pass by `age`."""
CLOCKS = ("due_at", "ready_at", "wake_at", "publish_by")
MISSED = "mutation($input: ReleaseMissedJobsInput!) { releaseMissedJobs(input: $input) { __typename } }"


@dataclass
class Story:
    """A client of the API with what it has seen."""

    workspace: Workspace
    url: str
    client: Client
    jobs: dict[str, str] = field(default_factory=dict)
    """The last state of each job, as the subscription told it."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def watch(self) -> None:
        """Follow the jobs until cancelled."""
        async for update in self.client.watch(documents.WATCH, "jobUpdated"):
            self.jobs[update["job"]["id"]] = update["job"]["state"]
            self.changed.set()

    async def become(self, keys: Sequence[str], state: str) -> None:
        """Return once the subscription has told this state of each of these jobs."""
        try:
            async with asyncio.timeout(60):
                while {self.jobs.get(key) for key in keys} != {state}:
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            raise AssertionError(f"no {state}: {self.jobs}") from None

    async def agree(self, link: str) -> frozenset[str]:
        """Go through our page and Meta's dialog and choose everything; gives the rights that Meta was asked for."""
        browser, asked = Browser(self.workspace.platforms.http), frozenset[str]()
        url, page = await browser.open(link)
        while page.ok and first_form(page) is not None:
            url, page = await browser.press(url, page)
            query = parse_qs(urlsplit(url).query)
            asked = frozenset(query["scope"][0].split(",")) if "scope" in query else asked
        assert page.ok, page.body
        return asked

    async def accounts(self) -> Mapping[str, dict[str, Any]]:
        """The connections by their platform."""
        rows = (await self.client.ask(documents.CONNECTIONS))["connections"]["edges"]
        return {row["node"]["platform"]["key"]: row["node"] for row in rows}

    async def picture(self, shade: int) -> str:
        """Upload a picture; gives its id."""
        out = io.BytesIO()
        Image.new("RGB", (640, 640), (200, 120, shade)).save(out, "JPEG")
        data = out.getvalue()
        wanted = {"filename": f"{shade}.jpg", "mime": "image/jpeg", "size": len(data), "alt": "A warm colour"}
        answer = await self.client.ask(documents.UPLOAD, {"input": wanted})
        made = expect(answer["createMediaUpload"], "MediaUploadCreated")
        headers = {item["name"]: item["value"] for item in made["upload"]["headers"]}
        http = self.workspace.platforms.http
        await http.send(made["upload"]["method"], made["upload"]["url"], headers=headers, content=data)
        media: str = made["media"]["id"]
        done = await self.client.ask(documents.COMPLETE, {"input": {"mediaId": media}})
        expect(done["completeMediaUpload"], "MediaReady")
        return media

    async def carousel(
        self, text: str, media: Sequence[str], targets: Sequence[str], *, after: float, window: float
    ) -> list[str]:
        """Schedule it; gives its jobs."""
        start = self.workspace.rt.clock.now() + timedelta(seconds=after)
        wanted = {
            "content": {"text": text, "media": [{"mediaId": key} for key in media]},
            "targets": [{"connectionId": key} for key in targets],
            "publishAt": {"at": start.isoformat()},
            "publishBy": (start + timedelta(seconds=window)).isoformat(),
        }
        answer = await self.client.ask(documents.SCHEDULE, {"input": wanted})
        return [job["id"] for job in expect(answer["schedulePost"], "PostScheduled")["post"]["jobs"]]

    async def age(self, database: str, keys: Sequence[str], seconds: float) -> None:
        """Let time pass for these jobs: everything about them that has a moment moves into the past."""
        by, jobs = timedelta(seconds=seconds), [decode(ID(key), "Job", ()) for key in keys]
        moved = ", ".join(f"{name} = {name} - $2::interval" for name in CLOCKS)
        gate = "UPDATE tenant_gates SET next_wake_at = next_wake_at - $2::interval WHERE tenant_id = $1"
        owner = await asyncpg.connect(database)
        try:
            async with owner.transaction():
                await owner.execute(f"UPDATE jobs SET {moved} WHERE id = ANY($1)", jobs, by)
                await owner.execute(gate, self.workspace.tenant, by)
        finally:
            await owner.close()

    async def revoked(self) -> None:
        """Return once the webhook has ended every connection."""
        async with asyncio.timeout(60):
            with self.workspace.rt.bus.watch(self.workspace.tenant) as watch:
                while {row["state"] for row in (await self.accounts()).values()} != {"REVOKED"}:
                    await watch.changed(0.25)

    async def told(self, kind: str) -> list[dict[str, Any]]:
        """What the events of this kind said."""
        async with self.workspace.rt.db.read(self.workspace.tenant) as session:
            return [row.changes for row in await read_after(session, 0, 1000) if row.type == kind]


@pytest.fixture
async def story(installation: Installation, workspace: Workspace) -> AsyncIterator[Story]:
    """Give an installation whose operator has made the application, with its own API."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    addresses = orjson.loads((installation.folder / "sandbox" / "addresses.json").read_bytes())
    more = {
        "POSTD_PORT": str(port),
        "POSTD_PUBLIC_URL": url,
        "POSTD_APPS": json.dumps(addresses["apps"]),
        "POSTD_ENDPOINTS": json.dumps(addresses["endpoints"]),
    }
    for name in ("worker", "scheduler"):
        installation.one(name).kill()
    for name in ("api", "worker", "scheduler"):
        installation.start(name, more)
    async with asyncio.timeout(30), httpx2.AsyncClient() as http:
        while True:
            try:
                if (await http.get(f"{url}/livez")).status_code == 200:
                    break
            except httpx2.TransportError:
                await asyncio.sleep(0.05)
    scopes = [scope for scope in Scope if scope is not Scope.OPERATOR]
    async with workspace.rt.db.transaction(workspace.tenant) as session:
        key = await create(session, CreateKey("story", scopes, workspace.rt.clock.now(), "tests"))
    made = Story(workspace, url, Client(workspace.platforms.http, url, key.presented))
    watching = asyncio.create_task(made.watch())
    yield made
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


async def test_a_missed_post_of_a_removed_account_goes_out_once_after_the_reconnect(
    story: Story, installation: Installation
) -> None:
    link = await story.client.ask(documents.START, {"input": {"platform": "facebook"}})
    await story.agree(expect(link["startConnection"], "ConnectionLink")["url"])
    known = await story.accounts()
    assert {key: row["state"] for key, row in known.items()} == {"facebook": "HEALTHY", "instagram": "HEALTHY"}
    targets = [known["facebook"]["id"], known["instagram"]["id"]]
    media = [await story.picture(shade) for shade in (10, 200)]

    tag = story.workspace.tenant.hex[:8]
    first = await story.carousel(f"Fresh loaves {tag}", media, targets, after=0, window=60)
    await story.become(first, "PUBLISHED")
    second = await story.carousel(f"Evening loaves {tag}", media, targets, after=AHEAD, window=WINDOW)
    callback = {"platform": "meta", "handle": OWNER, "callback": f"{story.url}/webhooks/meta/deauthorize"}
    await story.workspace.platforms.ask("DELETE", "/consent", callback)

    await story.revoked()
    await story.age(installation.database_url, second, AHEAD)
    await story.become(second, "PARKED")
    news = await story.told("connection.revoked")
    assert sorted(one["platform"] for one in news) == ["facebook", "instagram"]
    for one in news:
        assert (one["reason"], one["call"]) == ("deauthorized", "reconnectConnection")
        assert one["message"] == "Access to the account was taken back on the platform."
        assert "reconnectConnection" in one["hint"]

    await story.age(installation.database_url, second, WINDOW)
    await story.become(second, "FAILED")  # past its window: nothing goes out late in silence
    for target in targets:
        answer = await story.client.ask(documents.RECONNECT, {"input": {"connectionId": target}})
        asked = await story.agree(expect(answer["reconnectConnection"], "ConnectionLink")["url"])
        assert asked == {scope.name for scope in FACEBOOK_LOGIN}
    assert {row["state"] for row in (await story.accounts()).values()} == {"HEALTHY"}
    assert {one["missed"] for one in await story.told("connection.posts_released")} == {1}
    for target in targets:
        given = {"input": {"connectionId": target, "action": "PUBLISH_NOW"}}
        released = await story.client.ask(MISSED, given)
        assert released["releaseMissedJobs"]["__typename"] == "MissedJobsReleased", released
    await story.become(second, "PUBLISHED")
    for platform, row in known.items():
        posts = await story.workspace.platforms.posts(platform, row["account"]["handle"])
        mine = [post for post in posts if tag in post["text"]]
        assert [post["text"].split()[0] for post in mine] == ["Fresh", "Evening"]
        assert {post["times_published"] for post in mine} == {1}
