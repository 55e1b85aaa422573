"""Plays the scenes over the public API: connect, upload, schedule, order the troubles, watch."""

from __future__ import annotations

import asyncio
import io
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL import Image

from app.demo import documents
from app.demo.api import Client
from app.demo.browser import Browser, Lost, first_form
from app.demo.screen import Screen
from app.demo.script import LONG, META, OWNER, SCENES, Scene
from app.demo.stage import Stage
from connectors.transport import Transport

FINAL = {"PUBLISHED", "FAILED", "CANCELLED", "NEEDS_REVIEW"}


class Troupe:
    """Those who play: an API client, a browser, and a hand on the platforms' switches."""

    def __init__(self, stage: Stage, http: Transport, api: Client, screen: Screen) -> None:
        self.stage = stage
        self.http = http
        self.api = api
        self.screen = screen
        self.connections: dict[str, str] = {}
        self.expected: dict[str, int] = {}
        """How many posts each job must have made on its platform."""
        self.all_scheduled = False

    async def connect(self) -> None:
        """Connect accounts through the platforms' real consent pages; one sign-in with Meta gives two."""
        at = self.stage.platforms
        ways: Sequence[tuple[str, str, Sequence[Mapping[str, str]]]] = (
            ("bluesky", "OAUTH", [{"name": "identifier", "value": at["bluesky"]}]),
            ("mastodon", "OAUTH", [{"name": "instance", "value": at["mastodon"]}]),
            ("facebook", "OAUTH", []),
            ("linkedin", "PAGE", []),
        )
        for platform, method, given in ways:
            answer = await self.api.ask(
                documents.START, {"input": {"platform": platform, "method": method, "fields": given}}
            )
            await self._agree(expect(answer["startConnection"], "ConnectionLink")["url"])
        rows = (await self.api.ask(documents.CONNECTIONS))["connections"]["edges"]
        for edge in rows:
            node = edge["node"]
            self.connections.setdefault(node["platform"]["key"], node["id"])
            self.screen.say(
                f"Connected {node['account']['handle']} on {node['platform']['key']}: {node['state'].lower()}."
            )

    async def _agree(self, link: str) -> None:
        browser = Browser(self.http)
        url, page = await browser.open(link)
        # Our own page, the platform's consent page, perhaps a choice; the last one has nothing left to press.
        while page.ok and first_form(page) is not None:
            url, page = await browser.press(url, page)
        if not page.ok:
            raise Lost(f"{url} answered {page.status}.")

    async def upload(self, shade: int) -> str:
        """Upload an image that we draw here; gives its id."""
        data = picture(shade)
        wanted = {
            "filename": f"loaf-{shade}.png",
            "mime": "image/png",
            "size": len(data),
            "alt": "Waves of warm colour",
        }
        made = expect(
            (await self.api.ask(documents.UPLOAD, {"input": wanted}))["createMediaUpload"], "MediaUploadCreated"
        )
        upload = made["upload"]
        headers = {item["name"]: item["value"] for item in upload["headers"]}
        await self.http.send(upload["method"], upload["url"], headers=headers, content=data)
        media_id: str = made["media"]["id"]
        done = await self.api.ask(documents.COMPLETE, {"input": {"mediaId": media_id}})
        expect(done["completeMediaUpload"], "MediaReady")
        return media_id

    async def refuse(self) -> None:
        """Show what a text that is too long is told before anything is scheduled."""
        target = {"connectionId": self.connections["bluesky"]}
        answer = await self.api.ask(documents.VALIDATE, {"input": {"content": {"text": LONG}, "targets": [target]}})
        problem = expect(answer["validatePost"], "InvalidContent")["problems"][0]
        self.screen.say(f"A text too long is refused beforehand: {problem['message']} {problem['fix']}")

    async def play(self) -> None:
        """Schedule every scene, then let each trouble come at its time."""
        media = [await self.upload(shade) for shade in (0, 60)]
        self.screen.open()
        start = datetime.now(UTC) + timedelta(seconds=1)
        async with asyncio.TaskGroup() as group:
            for number, scene in enumerate(SCENES):
                post = await self._schedule(scene, number, start, media)
                if scene.trouble is not None:
                    group.create_task(self._trouble(scene, start))
                if scene.withdrawn:
                    group.create_task(self._withdraw(post["jobs"][0]["id"]))
                if scene.cancel:
                    answer = await self.api.ask(documents.CANCEL, {"input": {"postId": post["id"]}})
                    expect(answer["cancelPost"], "PostCancelled")
            self.screen.say(
                f"Scheduled {len(SCENES)} posts as {len(self.expected)} jobs over the next {SCENES[-1].after:.0f} s."
            )
            self.all_scheduled = True

    async def watch(self) -> None:
        """Show every change until all jobs are final."""
        async for update in self.api.watch(documents.WATCH, "jobUpdated"):
            self.screen.update(update["job"])
            states = [self.screen.jobs[key]["state"] for key in self.expected if key in self.screen.jobs]
            if self.all_scheduled and len(states) == len(self.expected) and set(states) <= FINAL:
                return

    async def _schedule(self, scene: Scene, number: int, start: datetime, media: Sequence[str]) -> dict[str, Any]:
        content = {**scene.content, "languages": ["en"]}
        if scene.images:
            content["media"] = [{"mediaId": key} for key in media[: scene.images]]
        wanted = {
            "content": content,
            "targets": [self._target(scene, platform) for platform in scene.targets],
            "publishAt": {"at": (start + timedelta(seconds=scene.after)).isoformat()},
            "labels": ["demo"],
            "idempotencyKey": f"demo-{number}",
        }
        answer = await self.api.ask(documents.SCHEDULE, {"input": wanted})
        post: dict[str, Any] = expect(answer["schedulePost"], "PostScheduled")["post"]
        for job in post["jobs"]:
            self.screen.titles[job["id"]] = scene.title
            self.expected[job["id"]] = 0 if scene.cancel else 1 + len(scene.content.get("thread", ()))
        return post

    def _target(self, scene: Scene, platform: str) -> dict[str, Any]:
        target: dict[str, Any] = {"connectionId": self.connections[platform]}
        if scene.options:
            target["options"] = {platform: dict(scene.options)}
        return target

    async def _trouble(self, scene: Scene, start: datetime) -> None:
        trouble = scene.trouble
        if trouble is None:
            return
        # Ordered shortly before the post is due, so that no other post meets it.
        await asyncio.sleep(max(0.0, (start - datetime.now(UTC)).total_seconds() + scene.after - 1.0))
        fault = await self._control("POST", "/faults", dict(trouble.order))
        if trouble.kill_worker:
            await self._control("GET", f"/faults/{fault['id']}?hits=1&timeout=30")
            self.stage.kill_worker()
            # The platform acts although nobody listens any more: the worst moment there is.
            await self._control("POST", f"/faults/{fault['id']}/release", {"how": "act"})

    async def _withdraw(self, job: str) -> None:
        """Take the access back on Meta when all else there is out, and connect the account again once the job waits."""
        await self._until(lambda: self.all_scheduled and self._out_on(META, but=job))
        told = {"platform": "meta", "handle": OWNER, "callback": f"{self.stage.url}/webhooks/meta/deauthorize"}
        await self._control("DELETE", "/consent", told)
        self.screen.say("The person has removed POSTD in Meta's settings: its webhook ends the connections.")
        await self._until(lambda: self.screen.jobs[job]["state"] in {"PARKED", *FINAL})
        answer = await self.api.ask(documents.RECONNECT, {"input": {"connectionId": self.connections["facebook"]}})
        await self._agree(expect(answer["reconnectConnection"], "ConnectionLink")["url"])
        self.screen.say("The account is connected again: what waited for it goes out.")

    def _out_on(self, platforms: Sequence[str], *, but: str) -> bool:
        shown = self.screen.jobs
        there = [key for key, job in shown.items() if job["connection"]["platform"]["key"] in platforms and key != but]
        return len(shown) >= len(self.expected) and all(shown[key]["state"] in FINAL for key in there)

    async def _until(self, true: Callable[[], bool]) -> None:
        while not true():  # noqa: ASYNC110 -- what it waits for comes by subscription, to the screen
            await asyncio.sleep(0.1)

    async def _control(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        url = f"{self.stage.platforms['bluesky']}/_sandbox{path}"
        answer = await self.http.send(method, url, json=body, timeout=40)
        found: dict[str, Any] = answer.json()
        return found

    async def ledger(self) -> list[dict[str, Any]]:
        """What the users of the platforms see."""
        posts: list[dict[str, Any]] = (await self._control("GET", "/ledger"))["posts"]
        return posts


def expect(answer: dict[str, Any], kind: str) -> dict[str, Any]:
    """The answer, if it is of the kind that the story needs.

    Raises:
        Lost: it is another one; the message is the API's.
    """
    if answer["__typename"] != kind:
        raise Lost(f"{answer['__typename']}: {answer.get('message')} {answer.get('hint')}")
    return answer


def picture(shade: int) -> bytes:
    """A small PNG, drawn here so that the demo needs no file."""

    def wave(height: int, at: float) -> int:
        return int(height * math.sin(at))

    image = Image.new("RGB", (320, 200))
    image.putdata(
        [
            (200 + wave(40, x / 30), 140 + wave(50, (x + y) / 25), 80 + shade + wave(40, y / 20 + math.pi / 2))
            for y in range(200)
            for x in range(320)
        ]
    )
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
