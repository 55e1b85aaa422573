"""Files on LinkedIn: what is uploaded how often, what a crash repeats, and when a post has to wait."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from connectors.contract import Link, Part
from connectors.faults import Effect, FaultKind, PlatformFault
from connectors.linkedin.capabilities import API
from connectors.sandbox.linkedin import uploads
from tests.connectors.harness import picture
from tests.connectors.linkedin.connection import LinkedInHarness
from tests.connectors.linkedin.files import Saved, broken_picture, document, video
from tests.connectors.suite import Story

PART = 40_000
PARTS = 3
FILM = 2 * PART + 5_000


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "PART_BYTES", PART)


@pytest.fixture
async def slow(page: LinkedInHarness) -> AsyncIterator[None]:
    """LinkedIn says four times that it is still processing; one `prepare` looks three times."""
    before = await page.controls.ask("GET", "/settings")
    await page.controls.ask("PATCH", "/settings", {"media_processing": "always", "media_polls": 4})
    yield
    await page.controls.ask("PATCH", "/settings", before)


def sent(page: LinkedInHarness, method: str, piece: str) -> int:
    return sum(item.method == method and piece in item.url for item in page.exchanges)


@pytest.mark.usefixtures("small_parts")
async def test_a_video_goes_up_in_parts_and_is_waited_for(story: Story, page: LinkedInHarness) -> None:
    ref = await story.publish(story.task("A film", media=(video(FILM),)))
    assert ref.id.startswith("urn:li:ugcPost:")
    assert (sent(page, "PUT", "/dms-uploads/"), sent(page, "POST", "action=finalizeUpload")) == (PARTS, 1)
    (post,) = await page.shown()
    assert [(item["mime"], item["size"]) for item in post["media"]] == [("video/mp4", FILM)]


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("saved", [1, 2, 3, 4, 5])
async def test_a_crash_repeats_no_part_that_was_saved(story: Story, page: LinkedInHarness, saved: int) -> None:
    task = story.task("A film", media=(video(FILM),))
    first = Saved(die_after=saved)
    with pytest.raises(ConnectionAbortedError):
        await page.connector.prepare(story.cx, story.access, task, first)
    resumed = replace(task, checkpoint=first.checkpoints[-1])
    ref = await story.publish(resumed)
    assert sent(page, "POST", "/rest/videos?action=initializeUpload") == 1
    assert sent(page, "PUT", "/dms-uploads/") == PARTS
    assert sent(page, "POST", "action=finalizeUpload") == 1
    assert [(post["id"], post["media"][0]["size"]) for post in await page.shown()] == [(ref.id, FILM)]


@pytest.mark.usefixtures("small_parts")
async def test_a_crash_after_the_last_word_does_not_say_it_again(story: Story, page: LinkedInHarness) -> None:
    task, whole = story.task("A film", media=(video(FILM),)), Saved()
    await page.connector.prepare(story.cx, story.access, task, whole)
    unsaved = whole.checkpoints[-2]
    assert len(unsaved["uploads"]["v1"]["marks"]) == PARTS
    await story.publish(replace(task, checkpoint=unsaved))
    assert (sent(page, "PUT", "/dms-uploads/"), sent(page, "POST", "action=finalizeUpload")) == (PARTS, 1)


@pytest.mark.usefixtures("small_parts")
async def test_addresses_that_have_run_out_are_asked_for_anew(story: Story, page: LinkedInHarness) -> None:
    task = story.task("A film", media=(video(FILM),))
    first = Saved(die_after=2)
    with pytest.raises(ConnectionAbortedError):
        await page.connector.prepare(story.cx, story.access, task, first)
    held: Mapping[str, Any] = first.checkpoints[-1]["uploads"]["v1"]
    await story.publish(replace(task, checkpoint={"uploads": {"v1": {**held, "ends": 1_000}}}))
    assert sent(page, "POST", "/rest/videos?action=initializeUpload") == 2
    assert sent(page, "PUT", "/dms-uploads/") == 1 + PARTS


@pytest.mark.usefixtures("small_parts")
async def test_an_address_that_linkedin_calls_ended_is_forgotten(story: Story, page: LinkedInHarness) -> None:
    await page.controls.ask(
        "POST",
        "/faults",
        {
            "kind": "status",
            "platform": "linkedin",
            "method": "PUT",
            "path": "/dms-uploads/*",
            "status": 400,
            "body": {"status": 400, "code": "EXPIRED_UPLOAD_URL", "message": "The upload URL has expired"},
        },
    )
    task, saved = story.task("A film", media=(video(FILM),)), Saved()
    with pytest.raises(PlatformFault) as caught:
        await page.connector.prepare(story.cx, story.access, task, saved)
    assert (caught.value.fault.kind, caught.value.fault.effect) == (FaultKind.PLATFORM_DOWN, Effect.NONE)
    assert saved.checkpoints[-1] == {"uploads": {}}


async def test_several_images_keep_their_order_and_descriptions(story: Story, page: LinkedInHarness) -> None:
    await story.publish(story.task("Two", media=(picture("a", "First"), picture("b", "Second"))))
    (post,) = await page.shown()
    assert [item["alt"] for item in post["media"]] == ["First", "Second"]


async def test_a_document_has_a_title(story: Story, page: LinkedInHarness) -> None:
    await story.publish(story.task("Prices", media=(document(),)))
    await story.publish(story.task("Prices again", media=(document(),), options={"title": "Our prices"}))
    shown = [(item["mime"], item["alt"]) for post in await page.shown() for item in post["media"]]
    assert shown == [("application/pdf", "prices.pdf"), ("application/pdf", "Our prices")]


async def test_a_card_has_its_picture_uploaded(story: Story, page: LinkedInHarness) -> None:
    shown = picture()
    link = Link("https://example.com/bread", "Bread", "Fresh", shown)
    await story.publish(replace(story.task(""), part=Part("Look", link=link)))
    (post,) = await page.shown()
    assert post["card"] == {"url": "https://example.com/bread", "title": "Bread", "description": "Fresh"}
    assert (post["picture"]["mime"], post["picture"]["size"]) == ("image/png", shown.size)
    assert sent(page, "PUT", "/dms-uploads/") == 1


async def test_who_may_only_post_does_not_wait(members_story: Story, member: LinkedInHarness) -> None:
    ref = await members_story.publish(members_story.task("A picture", media=(picture(),)))
    assert [(post.id, post.files) for post in await member.posts()] == [(ref.id, 1)]
    assert [item.status for item in member.exchanges if "/rest/images/" in item.url] == [403]


@pytest.mark.usefixtures("slow")
async def test_a_file_that_takes_too_long_goes_on_with_the_same_upload(story: Story, page: LinkedInHarness) -> None:
    task, saved = story.task("Slow", media=(picture(),)), Saved()
    with pytest.raises(PlatformFault) as caught:
        await page.connector.prepare(story.cx, story.access, task, saved)
    assert (caught.value.fault.kind, caught.value.fault.effect) == (FaultKind.PLATFORM_DOWN, Effect.NONE)
    assert caught.value.fault.retry_after is not None
    final = await page.connector.prepare(story.cx, story.access, replace(task, checkpoint=saved.checkpoints[-1]), saved)
    assert (len(saved.checkpoints), final) == (1, saved.checkpoints[0])


async def test_a_file_that_linkedin_cannot_process_is_named(story: Story, page: LinkedInHarness) -> None:
    with pytest.raises(PlatformFault) as caught:
        await story.ready(story.task("Broken", media=(broken_picture(),)))
    assert caught.value.fault.kind is FaultKind.INVALID_MEDIA
    assert await page.posts() == []


async def test_a_file_that_linkedin_dropped_is_uploaded_anew(story: Story) -> None:
    task = story.task("Late", media=(picture("m"),), checkpoint={"media": {"m": "urn:li:image:gone"}})
    ready = await story.ready(task)
    assert ready.checkpoint["media"]["m"] != "urn:li:image:gone"


async def test_bytes_and_token_go_to_linkedin_only(story: Story, page: LinkedInHarness) -> None:
    named = {"uploadUrl": "http://127.0.0.1:1/steal", "image": "urn:li:image:x", "uploadUrlExpiresAt": 1}
    await page.order(kind="wrong_json", method="POST", path="/rest/images", body={"value": named})
    with pytest.raises(PlatformFault) as caught:
        await story.ready(story.task("A picture", media=(picture(),)))
    assert caught.value.fault.kind is FaultKind.UNEXPECTED_ANSWER
    assert page.endpoints[API] == page.origin
    assert sent(page, "PUT", "steal") == 0
