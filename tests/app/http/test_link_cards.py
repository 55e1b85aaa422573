"""A link card with a picture: uploaded and scheduled by the API, seen on the simulated platform."""

from __future__ import annotations

import hashlib
import io
from typing import Any
from uuid import UUID

import httpx2
from PIL import Image

from app.domain.jobs.model import Job
from app.domain.jobs.queries import of_posts
from app.flows.publishing.wake import wake
from schema.node import decode, encode
from tests.app.flows.media import uploads
from tests.fixtures.site import LiveServer, Site

ANNOUNCE = """
mutation($input: CreateMediaUploadInput!) {
  made: createMediaUpload(input: $input) {
    ... on MediaUploadCreated { media { id } upload { url method headers { name value } } }
  }
}
"""
COMPLETE = """
mutation($input: CompleteMediaUploadInput!) {
  made: completeMediaUpload(input: $input) { __typename ... on MediaReady { media { id } } }
}
"""
SCHEDULE = """
mutation($input: SchedulePostInput!) {
  made: schedulePost(input: $input) {
    __typename
    ... on PostScheduled { post { id content { parts { link { url imageMediaId image { id width } } } } } }
    ... on InvalidContent { problems { rule } }
    ... on UserError { code path }
  }
}
"""


class Client:
    """A user of the API."""

    def __init__(self, site: Site, server: LiveServer, http: httpx2.AsyncClient) -> None:
        self.site, self.server, self.http = site, server, http

    async def ask(self, document: str, **given: Any) -> dict[str, Any]:
        answer = await self.http.post(
            f"{self.server.url}/graphql",
            json={"query": document, "variables": {"input": given}},
            headers={"Authorization": f"Bearer {self.server.api_key}"},
        )
        body: dict[str, Any] = answer.json()
        assert "errors" not in body, body
        made: dict[str, Any] = body["data"]["made"]
        return made

    async def upload(self, data: bytes, mime: str = "image/png") -> str:
        made = await self.ask(ANNOUNCE, filename="card", mime=mime, size=len(data))
        to = made["upload"]
        headers = {item["name"]: item["value"] for item in to["headers"]}
        sent = await self.http.request(to["method"], to["url"], headers=headers, content=data)
        assert sent.is_success, sent.text
        media_id: str = made["media"]["id"]
        assert (await self.ask(COMPLETE, mediaId=media_id))["__typename"] == "MediaReady"
        return media_id

    async def schedule(self, image: str) -> dict[str, Any]:
        [account] = await self.site.connections()
        link = {"url": "https://example.com/bread", "title": "Bread", "description": "Fresh", "imageMediaId": image}
        targets = [{"connectionId": encode("Connection", account.id)}]
        return await self.ask(SCHEDULE, content={"text": "Look", "link": link}, targets=targets)

    async def publish(self, post_id: str) -> Job:
        key: UUID = decode(post_id, "Post")
        [job] = await self.jobs(key)
        await wake(self.site.rt, self.site.tenant, job.id, "worker-1")
        [job] = await self.jobs(key)
        return job

    async def jobs(self, *posts: UUID) -> list[Job]:
        async with self.site.rt.db.read(self.site.tenant) as session:
            return list(await of_posts(session, posts))

    async def cards(self, post_id: str | None) -> list[tuple[Any, Any]]:
        answer = await self.http.get(f"{self.site.sandbox.bluesky_url}/_sandbox/ledger", params={"kind": "any"})
        return [(post["card"], post["picture"]) for post in answer.json()["posts"] if post["id"] == post_id]

    async def picture(self, digest: str) -> bytes:
        answer = await self.http.get(f"{self.site.sandbox.bluesky_url}/_ledger/media/{digest}")
        assert answer.status_code == 200
        return answer.content


async def test_a_card_goes_out_with_its_picture_made_to_fit(site: Site, live_server: LiveServer) -> None:
    async with httpx2.AsyncClient() as http:
        client = Client(site, live_server, http)
        image = await client.upload(uploads.image(size=(2400, 1200)))

        answer = await client.schedule(image)

        link = answer["post"]["content"]["parts"][0]["link"]
        assert link == {
            "url": "https://example.com/bread",
            "imageMediaId": image,
            "image": {"id": image, "width": 2400},
        }
        job = await client.publish(answer["post"]["id"])
        assert job.state == "published", job.fault
        [(card, picture)] = await client.cards(job.platform_ref)
        assert card == {"url": "https://example.com/bread", "title": "Bread", "description": "Fresh"}
        seen = await client.picture(picture["sha256"])
        assert (picture["sha256"], picture["size"]) == (hashlib.sha256(seen).hexdigest(), len(seen))
        rules = site.rt.catalog.get("bluesky").capabilities.images
        assert rules is not None
        with Image.open(io.BytesIO(seen)) as copy:
            assert copy.size == (rules.max_side, rules.max_side // 2)


async def test_a_picture_that_is_gone_stops_the_post_with_the_reason(site: Site, live_server: LiveServer) -> None:
    async with httpx2.AsyncClient() as http:
        client = Client(site, live_server, http)
        image = await client.upload(uploads.image())
        post = (await client.schedule(image))["post"]
        await site.owner.execute("DELETE FROM media WHERE id = $1", decode(image, "Media"))

        job = await client.publish(post["id"])

    assert (job.state, (job.fault or {})["kind"], job.platform_ref) == ("failed", "invalid_media", None)


async def test_a_picture_that_is_not_ready_is_refused(site: Site, live_server: LiveServer) -> None:
    async with httpx2.AsyncClient() as http:
        client = Client(site, live_server, http)
        made = await client.ask(ANNOUNCE, filename="card.png", mime="image/png", size=100)
        before = await site.events()

        answer = await client.schedule(made["media"]["id"])

    assert (answer["__typename"], answer["problems"]) == ("InvalidContent", [{"rule": "media.ready"}])
    assert await site.events() == before


async def test_an_id_of_something_else_is_no_picture(site: Site, live_server: LiveServer) -> None:
    async with httpx2.AsyncClient() as http:
        client = Client(site, live_server, http)
        before = await site.events()

        answer = await client.schedule(encode("Post", site.tenant))

    assert (answer["code"], answer["path"]) == ("NOT_FOUND", ["input", "content", "link", "imageMediaId"])
    assert await site.events() == before
