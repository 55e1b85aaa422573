"""Publishing on an instance: options, polls, files that take time, edits and figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from connectors.contract import Content, Failed, Link, Part, PublishedRef
from connectors.faults import Effect, FaultKind, PlatformFault
from tests.connectors.harness import picture
from tests.connectors.mastodon.connection import MastodonHarness
from tests.connectors.suite import Story


async def shown(account: MastodonHarness) -> list[dict[str, Any]]:
    """The account's posts with all that the platform knows of them."""
    found = await account.controls.ask("GET", f"/ledger?platform=mastodon&account={account.handle}")
    posts: list[dict[str, Any]] = found["posts"]
    return posts


async def order(account: MastodonHarness, **fault: Any) -> None:
    await account.controls.ask("POST", "/faults", {"platform": "mastodon", "account": account.handle, **fault})


async def test_the_key_of_the_attempt_is_the_idempotency_key(story: Story, account: MastodonHarness) -> None:
    task = story.task("Marked")
    await story.publish(task)
    assert [post["key"] for post in await shown(account)] == [str(task.attempt_key)]


async def test_options_reach_the_post(story: Story, account: MastodonHarness) -> None:
    options = {"visibility": "unlisted", "spoiler_text": "Birds", "sensitive": "true"}
    await story.publish(story.task("A wren", options=options, languages=("de-CH", "en")))
    (post,) = await shown(account)
    assert (post["visibility"], post["warning"], post["languages"]) == ("unlisted", "Birds", ["de"])


async def test_a_poll_stands_on_the_first_part_only(story: Story, account: MastodonHarness) -> None:
    options = {"poll": {"options": ["Tea", "Coffee"], "expires_in": 3600, "multiple": True}}
    root = await story.publish(story.task("Which?", options=options))
    await story.publish(story.task("Say why", options=options, root=root, parent=root))
    assert [post["poll"] for post in await shown(account)] == [["Tea", "Coffee"], []]


async def test_a_link_that_the_text_lacks_is_added(story: Story, account: MastodonHarness) -> None:
    part = Part("Read this", link=Link("https://example.com/a"))
    await story.publish(replace(story.task(""), part=part))
    assert [post["text"] for post in await shown(account)] == ["Read this\n\nhttps://example.com/a"]


async def test_an_image_has_its_description_and_order(story: Story, account: MastodonHarness) -> None:
    await story.publish(story.task("Two", media=(picture("a", "First"), picture("b", "Second"))))
    (post,) = await shown(account)
    assert [item["alt"] for item in post["media"]] == ["First", "Second"]


async def test_a_file_that_is_processed_is_waited_for(story: Story, account: MastodonHarness) -> None:
    before = await account.controls.ask("GET", "/settings")
    await account.controls.ask("PATCH", "/settings", {"media_processing": "always", "media_polls": 2})
    try:
        ref = await story.publish(story.task("Slow", media=(picture(),)))
    finally:
        await account.controls.ask("PATCH", "/settings", before)
    assert [(post["id"], len(post["media"])) for post in await shown(account)] == [(ref.id, 1)]


async def test_a_file_that_takes_too_long_goes_on_with_the_same_upload(story: Story, account: MastodonHarness) -> None:
    before = await account.controls.ask("GET", "/settings")
    await account.controls.ask("PATCH", "/settings", {"media_processing": "always", "media_polls": 4})
    task = story.task("Slower", media=(picture(),))
    saved: list[Mapping[str, Any]] = []

    async def save(step: object, checkpoint: Mapping[str, Any]) -> None:
        saved.append(checkpoint)

    try:
        with pytest.raises(PlatformFault) as caught:
            await account.connector.prepare(story.cx, story.access, task, save)
        resumed = replace(task, checkpoint=saved[-1])
        final = await account.connector.prepare(story.cx, story.access, resumed, save)
    finally:
        await account.controls.ask("PATCH", "/settings", before)
    assert (caught.value.fault.kind, caught.value.fault.effect) == (FaultKind.PLATFORM_DOWN, Effect.NONE)
    assert caught.value.fault.retry_after is not None
    assert len(saved) == 1
    assert final == saved[0]


async def test_a_file_that_the_server_dropped_is_uploaded_anew(story: Story, account: MastodonHarness) -> None:
    task = story.task("Late", media=(picture("m"),))
    ready = await story.ready(replace(task, checkpoint={"media": {"m": "1"}}))
    assert ready.checkpoint["media"]["m"] != "1"
    ref = await story.publish(ready)
    assert [(post.id, post.files) for post in await account.posts()] == [(ref.id, 1)]


async def test_a_reply_to_a_post_that_is_gone_is_a_failure(story: Story, account: MastodonHarness) -> None:
    gone = PublishedRef("1")
    outcome = await story.send(await story.ready(story.task("Two", root=gone, parent=gone)))
    assert isinstance(outcome, Failed)
    assert (outcome.fault.kind, outcome.fault.effect) == (FaultKind.NOT_FOUND, Effect.NONE)
    assert "thread" in outcome.fault.message
    assert await account.posts() == []


async def test_what_validate_refuses_the_server_refuses_too(story: Story, account: MastodonHarness) -> None:
    words = "x" * 471 + " https://example.com/a @anna@example.social"
    assert account.connector.validate(Content((Part(words),)), story.access.account)
    outcome = await story.send(await story.ready(story.task(words)))
    assert isinstance(outcome, Failed)
    assert outcome.fault.kind is FaultKind.INVALID_CONTENT
    assert not account.connector.validate(Content((Part(words[1:]),)), story.access.account)
    ref = await story.publish(story.task(words[1:]))
    assert [post.id for post in await account.posts()] == [ref.id]


async def test_an_edit_keeps_the_files(story: Story, account: MastodonHarness) -> None:
    task = await story.ready(story.task("Befor", media=(picture(),)))
    ref = await story.publish(task)
    await account.connector.edit(story.cx, story.access, ref, replace(task, part=replace(task.part, text="Before")))
    assert [(post["text"], len(post["media"]), post["edits"]) for post in await shown(account)] == [("Before", 1, 1)]


async def test_an_edit_of_a_post_that_is_gone_says_so(story: Story, account: MastodonHarness) -> None:
    with pytest.raises(PlatformFault) as caught:
        await account.connector.edit(story.cx, story.access, PublishedRef("1"), story.task("Text"))
    assert caught.value.fault.kind is FaultKind.NOT_FOUND


async def test_older_servers_give_figures_one_by_one(story: Story, account: MastodonHarness) -> None:
    refs = [await story.publish(story.task(words)) for words in ("One", "Two")]
    await order(account, kind="status", status=404, method="GET", path="/api/v1/statuses")
    metrics = await account.connector.metrics(story.cx, story.access, [*refs, PublishedRef("1")])
    assert [item.ref for item in metrics] == [ref.id for ref in refs]
    assert metrics[0].values["likes"] == 0


async def test_every_request_keeps_to_the_platforms_description(story: Story, account: MastodonHarness) -> None:
    options = {"spoiler_text": "x", "poll": {"options": ["Tea", "Coffee"], "expires_in": 3600}}
    ref = await story.publish(story.task("Which?", options=options, languages=("en",)))
    await story.publish(story.task("Look", media=(picture(),)))
    await account.connector.metrics(story.cx, story.access, [ref])
    found = await account.controls.ask("GET", "/requests?platform=mastodon&violations=1")
    assert [item for item in found["requests"] if item["account"] == account.handle] == []
