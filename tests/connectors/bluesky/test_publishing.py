from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from connectors.contract import (
    Absent,
    Access,
    Failed,
    Found,
    Link,
    Part,
    PrepareStep,
    Published,
    PublishTask,
    Undecided,
    Unknown,
)
from connectors.faults import FaultKind, PlatformFault
from tests.connectors.bluesky.server import BlueskyHarness
from tests.connectors.harness import Trouble, picture


class Desk:
    """Publishes on one account as the application does."""

    def __init__(self, harness: BlueskyHarness, access: Access) -> None:
        self.harness, self.access, self.cx = harness, access, harness.context()
        self.saved: list[Mapping[str, Any]] = []

    async def ready(self, text: str = "", **more: Any) -> PublishTask:
        fields = {name: more.pop(name) for name in ("media", "link") if name in more}
        given: dict[str, Any] = {"position": 0, "attempt_key": uuid4(), "composed_at": self.cx.now()} | more
        return await self.prepared(PublishTask(Part(text, **fields), **given))

    async def prepared(self, task: PublishTask) -> PublishTask:
        async def save(step: PrepareStep, checkpoint: Mapping[str, Any]) -> None:
            assert step is PrepareStep.MEDIA_UPLOADED
            self.saved.append(checkpoint)

        checkpoint = await self.harness.connector.prepare(self.cx, self.access, task, save)
        return replace(task, checkpoint=checkpoint)

    async def send(self, task: PublishTask) -> Published | Failed | Unknown:
        outcome = await self.harness.connector.publish(self.cx, self.access, task)
        assert isinstance(outcome, Published | Failed | Unknown)
        return outcome

    async def record(self, uri: str) -> dict[str, Any]:
        did, collection, key = uri.removeprefix("at://").split("/")
        url = f"{self.access.account.server}/xrpc/com.atproto.repo.getRecord"
        answer = await self.cx.http.send("GET", url, params={"repo": did, "collection": collection, "rkey": key})
        assert answer.ok, answer.body
        value: dict[str, Any] = answer.json()["value"]
        return value


@pytest.fixture
async def desk(harness: BlueskyHarness) -> Desk:
    return Desk(harness, await harness.connect())


async def test_a_post_stands_under_our_key_with_its_permalink(desk: Desk) -> None:
    outcome = await desk.send(await desk.ready("Hello", languages=("en",)))
    assert isinstance(outcome, Published)
    did, collection, key = outcome.ref.id.removeprefix("at://").split("/")
    assert (did, collection) == (desk.access.account.external_id, "app.bsky.feed.post")
    assert outcome.ref.url == f"https://bsky.app/profile/{did}/post/{key}"
    assert (await desk.record(outcome.ref.id))["langs"] == ["en"]


async def test_mentions_are_resolved_and_ghosts_stay_text(desk: Desk) -> None:
    task = await desk.ready("Hi @alice.test and @ghost.test")
    assert task.checkpoint["mentions"] == {"alice.test": task.checkpoint["mentions"]["alice.test"], "ghost.test": None}
    outcome = await desk.send(task)
    assert isinstance(outcome, Published)
    facets = (await desk.record(outcome.ref.id))["facets"]
    assert [facet["index"] for facet in facets] == [{"byteStart": 3, "byteEnd": 14}]


async def test_a_mention_is_not_lost_because_the_resolver_is_down(desk: Desk) -> None:
    await desk.harness.fault(kind="status", status=502, path="/xrpc/com.atproto.identity.resolveHandle")
    with pytest.raises(PlatformFault) as refused:
        await desk.ready("Hi @alice.test")
    assert refused.value.fault.kind is FaultKind.PLATFORM_DOWN


async def test_a_card_with_its_picture(desk: Desk) -> None:
    link = Link("https://example.com", "Title", "Words", picture("thumb"))
    outcome = await desk.send(await desk.ready("", link=link))
    assert isinstance(outcome, Published)
    external = (await desk.record(outcome.ref.id))["embed"]["external"]
    assert external["thumb"]["mimeType"] == "image/png"


async def test_an_upload_is_saved_and_used_again_until_it_is_old(desk: Desk) -> None:
    task = await desk.ready("", media=(picture(),))
    assert [list(item["blobs"]) for item in desk.saved] == [["m1"]]
    assert (await desk.prepared(task)).checkpoint == task.checkpoint
    assert len(desk.saved) == 1
    entry = task.checkpoint["blobs"]["m1"]
    old = datetime.fromisoformat(entry["uploaded_at"]) - timedelta(hours=1)
    stale = {**task.checkpoint, "blobs": {"m1": {**entry, "uploaded_at": old.isoformat()}}}
    again = await desk.prepared(replace(task, checkpoint=stale))
    assert len(desk.saved) == 2
    assert again.checkpoint["blobs"]["m1"]["blob"] == entry["blob"]


async def test_the_gate_and_the_post_come_in_one_commit(desk: Desk) -> None:
    outcome = await desk.send(await desk.ready("Hello", options={"reply": "nobody"}))
    assert isinstance(outcome, Published)
    gate = outcome.ref.extra["gate"]
    assert (await desk.record(gate))["allow"] == []
    assert (await desk.record(gate))["post"] == outcome.ref.id
    assert [entry["id"] for entry in await desk.harness.ledger("any")] == [outcome.ref.id, gate]


async def test_a_gated_post_sent_twice_is_one_post(desk: Desk) -> None:
    task = await desk.ready("Hello", options={"reply": "followers"})
    first, second = await desk.send(task), await desk.send(task)
    assert isinstance(first, Published)
    assert isinstance(second, Unknown)
    finding = await desk.harness.connector.reconcile(desk.cx, desk.access, task)
    assert isinstance(finding, Found)
    assert finding.ref == first.ref
    assert [post.times for post in await desk.harness.posts()] == [1]


async def test_a_lost_answer_of_a_gated_post_is_found(desk: Desk) -> None:
    task = await desk.ready("Hello", options={"reply": "mentioned"})
    await desk.harness.trouble(Trouble.LOST_ANSWER)
    assert isinstance(await desk.send(task), Unknown)
    finding = await desk.harness.connector.reconcile(desk.cx, desk.access, task)
    assert isinstance(finding, Found)
    assert finding.ref.extra["gate"].endswith(finding.ref.id.rpartition("/")[2])


async def test_a_taken_key_is_not_overwritten(desk: Desk) -> None:
    task = await desk.ready("First")
    first = await desk.send(task)
    second = await desk.send(replace(task, part=Part("Second")))
    assert isinstance(first, Published)
    assert second == first
    assert [(post.text, post.times) for post in await desk.harness.posts()] == [("First", 1)]


async def test_deleting_removes_the_gate_too(desk: Desk) -> None:
    outcome = await desk.send(await desk.ready("Hello", options={"reply": "nobody"}))
    assert isinstance(outcome, Published)
    await desk.harness.connector.delete(desk.cx, desk.access, outcome.ref)
    assert [entry["deleted_at"] is None for entry in await desk.harness.ledger("any")] == [False, False]


async def test_reconcile_needs_no_token(desk: Desk) -> None:
    task = await desk.ready("Hello")
    await desk.harness.control("DELETE", "tokens", {"platform": "bluesky", "handle": desk.harness.handle})
    assert isinstance(await desk.harness.connector.reconcile(desk.cx, desk.access, task), Absent)


async def test_reconcile_does_not_conclude_from_an_answer_that_says_nothing(desk: Desk) -> None:
    task = await desk.ready("Hello")
    await desk.harness.fault(kind="wrong_json", path="/xrpc/com.atproto.repo.getRecord")
    assert isinstance(await desk.harness.connector.reconcile(desk.cx, desk.access, task), Undecided)


@pytest.mark.parametrize("body", ["<html>404 Not Found</html>", {"error": "NotFound", "message": "Not Found"}])
async def test_reconcile_does_not_take_a_404_in_front_of_the_server_for_absence(desk: Desk, body: Any) -> None:
    task = await desk.ready("Hello")
    await desk.harness.fault(kind="status", status=404, body=body, path="/xrpc/com.atproto.repo.getRecord")
    assert isinstance(await desk.harness.connector.reconcile(desk.cx, desk.access, task), Undecided)


@pytest.mark.parametrize("status", [400, 404])
async def test_reconcile_believes_the_name_of_the_refusal_under_either_status(desk: Desk, status: int) -> None:
    task = await desk.ready("Hello")
    body = {"error": "RecordNotFound", "message": "Could not locate record"}
    await desk.harness.fault(kind="status", status=status, body=body, path="/xrpc/com.atproto.repo.getRecord")
    assert isinstance(await desk.harness.connector.reconcile(desk.cx, desk.access, task), Absent)


async def test_reconcile_waits_for_a_server_in_trouble(desk: Desk) -> None:
    task = await desk.ready("Hello")
    await desk.harness.fault(kind="status", status=503, path="/xrpc/com.atproto.repo.getRecord")
    with pytest.raises(PlatformFault) as refused:
        await desk.harness.connector.reconcile(desk.cx, desk.access, task)
    assert refused.value.fault.kind is FaultKind.PLATFORM_DOWN


async def test_figures_of_readers(desk: Desk) -> None:
    outcome = await desk.send(await desk.ready("Hello"))
    assert isinstance(outcome, Published)
    counts = {"likeCount": 3, "repostCount": 2}
    await desk.harness.control("POST", "counts", {"platform": "bluesky", "id": outcome.ref.id, "counts": counts})
    metrics = await desk.harness.connector.metrics(desk.cx, desk.access, [outcome.ref])
    assert (metrics[0].values["likes"], metrics[0].values["shares"]) == (3, 2)


async def test_figures_of_a_server_without_an_index_are_a_fault_and_not_zeros(desk: Desk) -> None:
    outcome = await desk.send(await desk.ready("Hello"))
    assert isinstance(outcome, Published)
    body = {"error": "InvalidRequest", "message": "No service configured for app.bsky.feed.getPosts"}
    await desk.harness.fault(kind="status", status=400, body=body, path="/xrpc/app.bsky.feed.getPosts")
    with pytest.raises(PlatformFault) as refused:
        await desk.harness.connector.metrics(desk.cx, desk.access, [outcome.ref])
    assert refused.value.fault.kind is FaultKind.UNEXPECTED_ANSWER
    assert "index" in refused.value.fault.hint


async def test_editing_is_refused_with_the_way_out(desk: Desk) -> None:
    task = await desk.ready("Hello")
    outcome = await desk.send(task)
    assert isinstance(outcome, Published)
    with pytest.raises(PlatformFault) as refused:
        await desk.harness.connector.edit(desk.cx, desk.access, outcome.ref, replace(task, part=Part("Changed")))
    assert "Delete the post" in refused.value.fault.hint
    assert [post.text for post in await desk.harness.posts()] == ["Hello"]
