"""Publishing on a page: texts, links, photos, videos, reels, stories and comments, each by one request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.contract import Failed, Link, Part, Pending, PrepareStep, Published, PublishedRef, PublishTask, Unknown
from connectors.facebook import photos
from connectors.faults import Effect, FaultKind, PlatformFault
from tests.connectors.meta.connection import MP4, MetaHarness
from tests.connectors.suite import Story


async def polled(story: Story, task: PublishTask) -> PublishedRef:
    """Publish something that Facebook processes: taken first, then out."""
    ready = await story.ready(task)
    outcome = await story.send(ready)
    assert isinstance(outcome, Pending), outcome
    for _ in range(3):
        outcome = await story.harness.connector.poll(
            story.cx, story.access, replace(ready, checkpoint=ready.checkpoint)
        )
        if isinstance(outcome, Published):
            return outcome.ref
    raise AssertionError(outcome)


def posts(page: MetaHarness) -> list[str]:
    """The paths of what was sent, without the account."""
    return [item.url.partition("/v26.0/")[2].partition("?")[0] for item in page.exchanges if item.method == "POST"]


async def test_a_link_is_a_card(facebook: Story, page: MetaHarness) -> None:
    await facebook.publish(replace(facebook.task(""), part=Part("Read this", link=Link("https://example.com/a"))))
    (post,) = await page.shown()
    assert (post["text"], post["card"]["url"]) == ("Read this", "https://example.com/a")


async def test_several_photos_are_one_post(facebook: Story, page: MetaHarness) -> None:
    media = (page.photo("a", "First"), page.photo("b", "Second"), page.photo("c", ""))
    await facebook.publish(facebook.task("Three", media=media))
    (post,) = await page.shown()
    assert [item["alt"] for item in post["media"]] == ["First", "Second", ""]
    own = facebook.access.account.external_id
    assert posts(page)[-4:] == [f"{own}/photos", f"{own}/photos", f"{own}/photos", f"{own}/feed"]


async def test_a_link_beside_photos_stands_in_the_text(facebook: Story, page: MetaHarness) -> None:
    part = Part("Look", media=(page.photo(),), link=Link("https://example.com/a"))
    await facebook.publish(replace(facebook.task(""), part=part))
    assert [post["text"] for post in await page.shown()] == ["Look\n\nhttps://example.com/a"]


async def test_photos_that_are_a_day_old_are_uploaded_anew(
    facebook: Story, page: MetaHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await facebook.ready(facebook.task("Late", media=(page.photo("a"),)))
    monkeypatch.setattr(photos, "KEPT", timedelta())
    again = await facebook.ready(task)
    assert again.checkpoint["photos"]["a"]["id"] != task.checkpoint["photos"]["a"]["id"]


async def test_a_crash_between_photos_repeats_none(facebook: Story, page: MetaHarness) -> None:
    task = facebook.task("Two", media=(page.photo("a"), page.photo("b")))
    saved: list[Mapping[str, Any]] = []

    async def crash(step: PrepareStep, checkpoint: Mapping[str, Any]) -> None:
        saved.append(checkpoint)
        raise RuntimeError("the worker dies")

    with pytest.raises(RuntimeError):
        await page.connector.prepare(facebook.cx, facebook.access, task, crash)
    ready = await facebook.ready(replace(task, checkpoint=saved[0]))
    assert ready.checkpoint["photos"]["a"] == saved[0]["photos"]["a"]
    assert posts(page).count(f"{facebook.access.account.external_id}/photos") == 2


async def test_a_video_is_uploaded_in_pieces_and_published_by_one_request(facebook: Story, page: MetaHarness) -> None:
    content = MP4 + bytes(1_500_000)
    task = facebook.task("Moving", media=(page.video(content=content),), options={"title": "A film"})
    ref = await polled(facebook, task)
    (post,) = await page.shown()
    assert (post["id"], post["text"], post["visibility"]) == (ref.id, "Moving", "video")
    assert post["media"][0]["size"] == len(content)
    own = facebook.access.account.external_id
    assert posts(page)[-4:] == [f"{own}/videos"] * 4
    assert ref.extra == {"kind": "video"}


async def test_a_video_goes_on_where_it_broke_off(facebook: Story, page: MetaHarness) -> None:
    content = MP4 + bytes(2_500_000)
    task = facebook.task("Moving", media=(page.video(content=content),))
    saved: list[Mapping[str, Any]] = []

    async def save(step: PrepareStep, checkpoint: Mapping[str, Any]) -> None:
        saved.append(checkpoint)
        if len(saved) == 2:
            raise RuntimeError("the worker dies")

    with pytest.raises(RuntimeError):
        await page.connector.prepare(facebook.cx, facebook.access, task, save)
    # What was saved last is behind what Facebook has: it answers where it goes on.
    await polled(facebook, replace(task, checkpoint=saved[0]))
    (post,) = await page.shown()
    assert post["media"][0]["size"] == len(content)


async def test_an_upload_that_is_over_begins_again(facebook: Story, page: MetaHarness) -> None:
    gone = {"video": {"id": "1", "session": "gone", "start": 0, "end": 100}}
    ref = await polled(facebook, replace(facebook.task("Again", media=(page.video(),)), checkpoint=gone))
    assert ref.id != "1"
    assert len(await page.shown()) == 1


@pytest.mark.parametrize(("chosen", "edge"), [("reel", "video_reels"), ("story", "video_stories")])
async def test_reels_and_video_stories_go_through_the_upload_host(
    facebook: Story, page: MetaHarness, chosen: str, edge: str
) -> None:
    task = facebook.task("Upright", media=(page.video(),), options={"format": chosen})
    if chosen == "reel":
        ref = await polled(facebook, task)
        assert ref.url is not None
        assert ref.url.endswith(f"/reel/{ref.id}")
    else:
        ref = await facebook.publish(task)
    (post,) = await page.shown()
    assert (post["id"], post["visibility"]) == (ref.id, chosen)
    assert posts(page)[-1] == f"{facebook.access.account.external_id}/{edge}"


async def test_an_upload_to_the_host_is_not_repeated(facebook: Story, page: MetaHarness) -> None:
    task = await facebook.ready(facebook.task("Upright", media=(page.video(),), options={"format": "reel"}))
    before = posts(page)
    assert (await facebook.ready(task)).checkpoint == task.checkpoint
    assert posts(page) == before


async def test_an_upload_that_broke_off_at_the_host_goes_on(facebook: Story, page: MetaHarness) -> None:
    task = facebook.task("Upright", media=(page.video(),), options={"format": "reel"})
    saved: list[Mapping[str, Any]] = []

    async def save(step: PrepareStep, checkpoint: Mapping[str, Any]) -> None:
        saved.append(checkpoint)

    await page.order({"kind": "drop_after_effect"}, "*/video-upload/*")
    with pytest.raises(PlatformFault) as caught:
        await page.connector.prepare(facebook.cx, facebook.access, task, save)
    assert caught.value.fault.effect is Effect.NONE
    await polled(facebook, replace(task, checkpoint=saved[-1]))
    assert sum("/video-upload/" in item.url for item in page.exchanges) == 1
    assert len(await page.shown()) == 1


async def test_the_token_goes_to_no_other_host_than_metas(facebook: Story, page: MetaHarness) -> None:
    elsewhere = {"video": {"id": "1", "url": "https://evil.example/upload", "done": False}}
    await page.order({"kind": "wrong_json", "body": {"id": "1", "status": {}}}, "*/v26.0/1", "GET")
    task = replace(facebook.task("x", media=(page.video(),), options={"format": "reel"}), checkpoint=elsewhere)
    with pytest.raises(PlatformFault) as caught:
        await facebook.ready(task)
    assert caught.value.fault.kind is FaultKind.FORBIDDEN_ADDRESS
    assert not any("evil.example" in item.url for item in page.exchanges)


async def test_a_photo_story_shows_the_photo(facebook: Story, page: MetaHarness) -> None:
    ref = await facebook.publish(facebook.task("", media=(page.photo(),), options={"format": "story"}))
    (post,) = await page.shown()
    assert (post["id"], post["visibility"], len(post["media"])) == (ref.id, "story", 1)


async def test_a_file_that_is_no_video_is_refused(facebook: Story, page: MetaHarness) -> None:
    for chosen in ("post", "reel"):
        with pytest.raises(PlatformFault) as caught:
            await facebook.ready(
                facebook.task("x", media=(page.video(content=b"not a video" * 9),), options={"format": chosen})
            )
        assert caught.value.fault.kind is FaultKind.INVALID_MEDIA
    assert await page.shown() == []


async def test_a_comment_may_show_a_photo(facebook: Story, page: MetaHarness) -> None:
    root = await facebook.publish(facebook.task("Post"))
    await facebook.publish(facebook.task("Below", media=(page.photo(),), root=root, parent=root))
    assert [(post["text"], len(post["media"])) for post in await page.shown()] == [("Post", 0), ("Below", 1)]


async def test_a_comment_below_a_post_that_is_gone_is_a_failure(facebook: Story, page: MetaHarness) -> None:
    gone = PublishedRef("1_2")
    outcome = await facebook.send(await facebook.ready(facebook.task("Two", root=gone, parent=gone)))
    assert isinstance(outcome, Failed)
    assert (outcome.fault.kind, outcome.fault.effect) == (FaultKind.NOT_FOUND, Effect.NONE)
    assert await page.shown() == []


async def test_a_video_is_commented_and_changed_by_its_own_id(facebook: Story, page: MetaHarness) -> None:
    ref = await polled(facebook, facebook.task("Moving", media=(page.video(),)))
    await facebook.publish(facebook.task("Below", root=ref, parent=ref))
    await page.connector.edit(facebook.cx, facebook.access, ref, facebook.task("Moved"))
    assert [(post["text"], post["reply_to"]) for post in await page.shown()] == [("Moved", None), ("Below", ref.id)]


async def test_a_story_is_not_changed(facebook: Story, page: MetaHarness) -> None:
    ref = await facebook.publish(facebook.task("", media=(page.photo(),), options={"format": "story"}))
    with pytest.raises(PlatformFault, match="story cannot be changed"):
        await page.connector.edit(facebook.cx, facebook.access, ref, facebook.task("New"))


async def test_a_confirmation_that_is_none_leaves_the_outcome_open(facebook: Story, page: MetaHarness) -> None:
    task = await facebook.ready(facebook.task("Moving", media=(page.video(),)))
    await page.order({"kind": "wrong_json", "body": {"success": False}}, "*/videos")
    outcome = await facebook.send(task)
    assert isinstance(outcome, Unknown)
    assert outcome.fault.kind is FaultKind.UNEXPECTED_ANSWER


async def test_a_restricted_page_is_told_and_nothing_goes_out(facebook: Story, page: MetaHarness) -> None:
    task = await facebook.ready(facebook.task("Blocked"))
    await page.controls.ask("PATCH", "/accounts", {"platform": "meta", "handle": page.handle, "status": "restricted"})
    outcome = await facebook.send(task)
    assert isinstance(outcome, Failed)
    assert (outcome.fault.kind, outcome.fault.words) == (FaultKind.POLICY, "You are blocked for now.")
    assert await page.shown() == []


async def test_a_video_that_cannot_be_processed_failed(facebook: Story, page: MetaHarness) -> None:
    task = await facebook.ready(facebook.task("Moving", media=(page.video(),)))
    assert isinstance(await facebook.send(task), Pending)
    broken = {"video_status": "error", "processing_phase": {"status": "error", "errors": [{"message": "Codec"}]}}
    await page.order({"kind": "wrong_json", "body": {"id": "1", "status": broken}}, "*", "GET")
    outcome = await page.connector.poll(facebook.cx, facebook.access, task)
    assert isinstance(outcome, Failed)
    assert outcome.fault.kind is FaultKind.INVALID_MEDIA
    assert "Codec" in outcome.fault.message


async def test_every_request_keeps_to_metas_description(facebook: Story, page: MetaHarness) -> None:
    root = await facebook.publish(facebook.task("Post", media=(page.photo(),)))
    await facebook.publish(facebook.task("Below", root=root, parent=root))
    await polled(facebook, facebook.task("Moving", media=(page.video(),), options={"title": "T"}))
    await polled(facebook, facebook.task("Upright", media=(page.video(),), options={"format": "reel"}))
    await page.connector.metrics(facebook.cx, facebook.access, [root])
    await page.connector.account_metrics(facebook.cx, facebook.access)
    await page.connector.edit(facebook.cx, facebook.access, root, facebook.task("Other"))
    await page.connector.delete(facebook.cx, facebook.access, root)
    found = await page.controls.ask("GET", "/requests?platform=meta")
    mine = [item for item in found["requests"] if item["account"] == page.handle]
    assert [item["contract_violations"] for item in mine if item["contract_violations"]] == []
    assert all(item["checked"] for item in mine)
    assert len(mine) > 20
