"""Publishing on an Instagram account: containers that are made once, waited for, and published by one request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.capabilities import ConnectBy
from connectors.contract import Failed, Link, Part, PrepareStep, Published, PublishTask
from connectors.faults import Effect, FaultKind, PlatformFault
from connectors.sandbox.server import Sandbox
from tests.connectors.meta.connection import MetaHarness, meta_account
from tests.connectors.suite import Story


def posts(account: MetaHarness) -> list[str]:
    """The edges to which was posted, without the sign-in."""
    edges = [item.url.partition("?")[0].rpartition("/")[2] for item in account.exchanges if item.method == "POST"]
    return [edge for edge in edges if edge != "access_token"]


async def broken_off(story: Story, task: PublishTask, after: int) -> Mapping[str, Any]:
    """Prepare and die right after a number of saves; gives what was saved last."""
    saved: list[Mapping[str, Any]] = []

    async def save(step: PrepareStep, checkpoint: Mapping[str, Any]) -> None:
        assert step is PrepareStep.CONTAINER_CREATED
        saved.append(checkpoint)
        if len(saved) == after:
            raise RuntimeError("the worker dies")

    with pytest.raises(RuntimeError):
        await story.harness.connector.prepare(story.cx, story.access, task, save)
    return saved[-1]


async def test_a_carousel_mixes_images_and_videos_in_their_order(instagram: Story, account: MetaHarness) -> None:
    media = (account.photo("a", "First"), account.video("b"), account.photo("c"))
    ref = await instagram.publish(instagram.task("Swipe", media=media))
    (post,) = await account.shown()
    assert (post["id"], post["visibility"]) == (ref.id, "carousel")
    assert [(item["mime"], item["alt"]) for item in post["media"]] == [
        ("image/jpeg", "First"),
        ("video/mp4", ""),
        ("image/jpeg", "A red square"),
    ]
    assert posts(account)[-5:] == ["media"] * 4 + ["media_publish"]


@pytest.mark.parametrize("after", [1, 2, 3])
async def test_a_crash_makes_no_container_twice(instagram: Story, account: MetaHarness, after: int) -> None:
    task = instagram.task("Swipe", media=(account.photo("a"), account.photo("b")))
    saved = await broken_off(instagram, task, after)
    await instagram.publish(replace(task, checkpoint=saved))
    assert posts(account).count("media") == 3
    assert len(await account.shown()) == 1


async def test_a_carousel_s_files_are_all_made_before_the_first_is_waited_for(alone: Sandbox) -> None:
    async with meta_account(alone.meta_url, "instagram", ConnectBy.PAGE) as account:
        story = Story(account, account.context(), await account.connect())
        await account.controls.ask("PATCH", "/settings", {"media_polls": 4})
        task = story.task("Slow", media=tuple(account.video(name) for name in "abc"))
        saved: list[Mapping[str, Any]] = []

        async def save(step: PrepareStep, checkpoint: Mapping[str, Any]) -> None:
            saved.append(checkpoint)

        with pytest.raises(PlatformFault) as caught:
            await account.connector.prepare(story.cx, story.access, task, save)
        assert (caught.value.fault.at_work, caught.value.fault.effect) == (True, Effect.NONE)
        assert [len(checkpoint["items"]) for checkpoint in saved] == [1, 2, 3]
        assert posts(account) == ["media"] * 3


async def test_a_video_is_a_reel_with_its_options(instagram: Story, account: MetaHarness) -> None:
    options = {
        "share_to_feed": "false",
        "thumb_offset": "1500",
        "cover_url": "https://example.com/c.jpg",
        "collaborators": "@anna, ben",
        "location_id": "1234",
    }
    await instagram.publish(instagram.task("Upright", media=(account.video(),), options=options))
    (post,) = await account.shown()
    assert (post["text"], post["visibility"]) == ("Upright", "reel")
    made = next(item for item in account.exchanges if item.method == "POST" and item.url.endswith("/media"))
    for sent in ('"share_to_feed":"false"', '"thumb_offset":"1500"', '"location_id":"1234"', "anna", "REELS"):
        assert sent in made.request.replace(" ", ""), made.request


@pytest.mark.parametrize("kind", ["photo", "video"])
async def test_a_story_shows_the_file_without_a_caption(instagram: Story, account: MetaHarness, kind: str) -> None:
    media = account.photo() if kind == "photo" else account.video()
    await instagram.publish(instagram.task("", media=(media,), options={"format": "story"}))
    (post,) = await account.shown()
    assert (post["visibility"], post["text"], len(post["media"])) == ("story", "", 1)


async def test_a_link_stands_in_the_caption(instagram: Story, account: MetaHarness) -> None:
    part = Part("Read", media=(account.photo(),), link=Link("https://example.com/a"))
    await instagram.publish(replace(instagram.task(""), part=part))
    assert [post["text"] for post in await account.shown()] == ["Read\n\nhttps://example.com/a"]


async def test_a_container_that_takes_too_long_is_gone_on_with(alone: Sandbox) -> None:
    async with meta_account(alone.meta_url, "instagram", ConnectBy.PAGE) as account:
        story = Story(account, account.context(), await account.connect())
        await account.controls.ask("PATCH", "/settings", {"media_polls": 4})
        task = story.task("Slow", media=(account.video(),))
        saved: list[Mapping[str, Any]] = []

        async def save(step: PrepareStep, checkpoint: Mapping[str, Any]) -> None:
            saved.append(checkpoint)

        with pytest.raises(PlatformFault) as caught:
            await account.connector.prepare(story.cx, story.access, task, save)
        assert (caught.value.fault.kind, caught.value.fault.effect) == (FaultKind.PLATFORM_DOWN, Effect.NONE)
        assert caught.value.fault.at_work
        assert caught.value.fault.retry_after is not None
        final = await account.connector.prepare(story.cx, story.access, replace(task, checkpoint=saved[-1]), save)
        assert (len(saved), final) == (1, saved[0])


async def test_the_day_s_allowance_is_read_before_anything_is_made(alone: Sandbox) -> None:
    async with meta_account(alone.meta_url, "instagram", ConnectBy.PAGE) as account:
        story = Story(account, account.context(), await account.connect())
        await account.controls.ask("PATCH", "/settings", {"posts_per_day": 1})
        await story.publish(story.task("The only one"))
        with pytest.raises(PlatformFault) as caught:
            await story.ready(story.task("One too many"))
        assert caught.value.fault.kind is FaultKind.QUOTA_EXHAUSTED
        assert caught.value.fault.retry_after == timedelta(hours=1)
        assert posts(account) == ["media", "media_publish"]


async def test_an_allowance_that_ends_meanwhile_is_a_failure_that_waits(alone: Sandbox) -> None:
    async with meta_account(alone.meta_url, "instagram", ConnectBy.PAGE) as account:
        story = Story(account, account.context(), await account.connect())
        task = await story.ready(story.task("Late"))
        await account.controls.ask("PATCH", "/settings", {"posts_per_day": 0})
        outcome = await story.send(task)
        assert isinstance(outcome, Failed)
        assert (outcome.fault.kind, outcome.fault.code) == (FaultKind.QUOTA_EXHAUSTED, "9/2207042")
        assert outcome.fault.retry_after == timedelta(hours=1)
        assert await account.shown() == []


async def test_a_container_that_has_expired_is_made_anew(alone: Sandbox) -> None:
    async with meta_account(alone.meta_url, "instagram", ConnectBy.PAGE) as account:
        story = Story(account, account.context(), await account.connect())
        old = await story.ready(story.task("Next day", media=(account.photo("a"), account.photo("b"))))
        await account.controls.ask("POST", "/clock", {"advance": 25 * 3600})
        outcome = await story.send(old)
        assert isinstance(outcome, Failed)
        assert (outcome.fault.kind, outcome.fault.effect) == (FaultKind.PLATFORM_DOWN, Effect.NONE)
        ref = await story.publish(old)
        assert [post["id"] for post in await account.shown()] == [ref.id]


async def test_a_container_that_is_out_already_is_not_published_again(instagram: Story, account: MetaHarness) -> None:
    task = await instagram.ready(instagram.task("Once"))
    first = await instagram.send(task)
    assert isinstance(first, Published)
    second = await instagram.send(await instagram.ready(task))
    assert isinstance(second, Published)
    assert second.ref.id == first.ref.id
    assert posts(account).count("media_publish") == 1


async def test_a_file_that_instagram_cannot_use_is_told_and_not_looked_at_again(
    instagram: Story, account: MetaHarness
) -> None:
    task = instagram.task("Broken", media=(account.video(content=b"no video at all, whatever the name says"),))
    saved: list[Mapping[str, Any]] = []

    async def save(step: PrepareStep, checkpoint: Mapping[str, Any]) -> None:
        saved.append(checkpoint)

    with pytest.raises(PlatformFault) as caught:
        await account.connector.prepare(instagram.cx, instagram.access, task, save)
    assert (caught.value.fault.kind, caught.value.fault.code) == (FaultKind.INVALID_MEDIA, "2207026")
    assert "container" not in saved[-1]


async def test_a_file_that_cannot_be_fetched_names_who_can_mend_it(instagram: Story, account: MetaHarness) -> None:
    photo = account.photo()

    async def nowhere() -> str:
        return "http://127.0.0.1:1/nothing"

    with pytest.raises(PlatformFault) as caught:
        await instagram.ready(instagram.task("Hidden", media=(replace(photo, link=nowhere),)))
    assert caught.value.fault.kind is FaultKind.PLATFORM_DOWN
    assert "POSTD_PUBLIC_URL" in caught.value.fault.hint


async def test_without_an_address_nothing_is_sent(instagram: Story, account: MetaHarness) -> None:
    with pytest.raises(PlatformFault, match="public address") as caught:
        await instagram.ready(instagram.task("Hidden", media=(replace(account.photo(), link=None),)))
    assert caught.value.fault.kind is FaultKind.INVALID_MEDIA
    assert posts(account) == []


async def test_a_container_that_is_not_ready_is_tried_again(instagram: Story, account: MetaHarness) -> None:
    task = await instagram.ready(instagram.task("Early"))
    body = {"error": {"message": "Media ID is not available", "code": 9007, "error_subcode": 2207027}}
    await account.order({"kind": "status", "status": 400, "body": body}, "*/media_publish")
    outcome = await instagram.send(task)
    assert isinstance(outcome, Failed)
    assert (outcome.fault.kind, outcome.fault.effect) == (FaultKind.PLATFORM_DOWN, Effect.NONE)
    assert isinstance(await instagram.send(task), Published)
    assert len(await account.shown()) == 1


async def test_a_comment_asks_for_no_fields(instagram: Story, account: MetaHarness) -> None:
    root = await instagram.publish(instagram.task("Post"))
    below = await instagram.publish(instagram.task("First!", root=root, parent=root))
    assert below.url == root.url
    assert [(post["text"], post["reply_to"]) for post in await account.shown()] == [("Post", None), ("First!", root.id)]
    sent = next(item for item in account.exchanges if item.method == "POST" and item.url.endswith("/comments"))
    assert "fields" not in sent.url + sent.request


async def test_a_restricted_account_is_told_and_nothing_goes_out(instagram: Story, account: MetaHarness) -> None:
    task = await instagram.ready(instagram.task("Blocked"))
    body = {"platform": "meta", "handle": account.handle, "status": "restricted"}
    await account.controls.ask("PATCH", "/accounts", body)
    outcome = await instagram.send(task)
    assert isinstance(outcome, Failed)
    assert (outcome.fault.kind, outcome.fault.code) == (FaultKind.ACCOUNT_GONE, "25/2207050")
    assert await account.shown() == []


async def test_every_request_keeps_to_metas_description(instagram: Story, account: MetaHarness) -> None:
    root = await instagram.publish(instagram.task("Post"))
    await instagram.publish(instagram.task("Below", root=root, parent=root))
    await instagram.publish(instagram.task("Swipe", media=(account.photo("a"), account.video("b"))))
    await instagram.publish(instagram.task("Upright", media=(account.video(),)))
    await account.connector.metrics(instagram.cx, instagram.access, [root])
    await account.connector.account_metrics(instagram.cx, instagram.access)
    await account.connector.delete(instagram.cx, instagram.access, root)
    found = await account.controls.ask("GET", "/requests?platform=meta")
    mine = [item for item in found["requests"] if item["account"] == account.handle]
    assert [item["contract_violations"] for item in mine if item["contract_violations"]] == []
    assert all(item["checked"] for item in mine)
    assert sum(check.startswith("instagram: POST IGUser/media") for item in mine for check in item["checked"]) == 8
