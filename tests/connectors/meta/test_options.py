"""What is said of a post beside text and files: it reaches the platform in its form, and the platform checks it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import pytest

from connectors.contract import Media, Pending
from connectors.faults import FaultKind, PlatformFault
from tests.connectors.meta.connection import MetaHarness
from tests.connectors.suite import Story

ANNA: Mapping[str, Any] = {"username": "@anna", "x": 0.5, "y": 0.25}


async def said(account: MetaHarness) -> dict[str, Any]:
    """What the platform has of the account's only post beside text and files."""
    found = await account.controls.ask("GET", "/ledger/effects")
    mine = [
        item for item in found["effects"] if (item["platform"], item["account"]) == (account.platform, account.handle)
    ]
    (effect,) = mine
    options: dict[str, Any] = effect["native"]["options"]
    return options


async def digest(item: Media) -> str:
    return hashlib.sha256(b"".join([chunk async for chunk in item.open()])).hexdigest()


async def publish(story: Story, options: Mapping[str, Any], *media: Media, text: str = "Look") -> None:
    await story.publish(story.task(text, media=media, options=dict(options)))


async def taken(story: Story, options: Mapping[str, Any], video: Media) -> None:
    """Send a video, which a page works on for a while."""
    outcome = await story.send(await story.ready(story.task("Look", media=(video,), options=dict(options))))
    assert isinstance(outcome, Pending)


async def test_a_reel_says_everything_that_a_reel_can(instagram: Story, account: MetaHarness) -> None:
    cover = account.photo("cover", size=(300, 500))
    options = {
        "share_to_feed": "false",
        "cover": cover,
        "audio_name": "Loaf",
        "trial": "SS_PERFORMANCE",
        "collaborators": "@anna, ben",
        "location_id": "1234",
        "user_tags": [{"username": "anna", "file": 0}],
    }
    await publish(instagram, options, account.video())
    assert await said(account) == {
        "share_to_feed": "false",
        "cover": await digest(cover),
        "audio_name": "Loaf",
        "trial_params": "SS_PERFORMANCE",
        "collaborators": ["anna", "ben"],
        "location_id": "1234",
        "user_tags": [{"username": "anna"}],
    }


async def test_the_first_moment_of_a_reel_can_be_its_cover(instagram: Story, account: MetaHarness) -> None:
    await publish(instagram, {"thumb_offset": 0}, account.video())
    assert await said(account) == {"share_to_feed": "true", "thumb_offset": "0"}


async def test_people_are_tagged_in_an_image(instagram: Story, account: MetaHarness) -> None:
    await publish(instagram, {"user_tags": [ANNA]}, account.photo())
    assert await said(account) == {"user_tags": [{"username": "anna", "x": 0.5, "y": 0.25}]}


async def test_people_are_tagged_in_the_items_of_a_carousel(instagram: Story, account: MetaHarness) -> None:
    tags = [{**ANNA, "file": 1}, {"username": "ben", "file": 2}]
    await publish(instagram, {"user_tags": tags}, account.photo("a"), account.photo("b"), account.video("c"))
    assert await said(account) == {
        "user_tags": [[], [{"username": "anna", "x": 0.5, "y": 0.25}], [{"username": "ben"}]]
    }


async def test_people_are_tagged_in_a_story_without_a_place(instagram: Story, account: MetaHarness) -> None:
    options = {"format": "story", "user_tags": [{"username": "anna"}], "location_id": "1", "collaborators": "ben"}
    await publish(instagram, options, account.photo(), text="")
    assert await said(account) == {"user_tags": [{"username": "anna"}]}


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"user_tags": [{"username": "anna"}]}, "100/2207040"),
        ({"user_tags": [{**ANNA, "x": 2}]}, "100/2207040"),
        ({"collaborators": "a,b,c,d"}, "100"),
        ({"location_id": "Berlin"}, "100"),
    ],
)
async def test_the_platform_refuses_what_is_not_documented(
    instagram: Story, account: MetaHarness, options: dict[str, Any], code: str
) -> None:
    with pytest.raises(PlatformFault) as caught:
        await publish(instagram, options, account.photo())
    assert (caught.value.fault.kind, caught.value.fault.code) == (FaultKind.INVALID_CONTENT, code)
    assert await account.shown() == []


async def test_a_cover_that_cannot_be_fetched_stops_the_reel(instagram: Story, account: MetaHarness) -> None:
    assert account.files is not None
    with pytest.raises(PlatformFault) as caught:
        await publish(instagram, {"cover_url": f"{account.files.url}/nothing"}, account.video())
    assert (caught.value.fault.kind, caught.value.fault.code) == (FaultKind.PLATFORM_DOWN, "9004/2207052")
    assert await account.shown() == []


async def test_a_video_on_a_page_has_a_title_and_a_cover(facebook: Story, page: MetaHarness) -> None:
    cover = page.photo("cover")
    await taken(facebook, {"title": "Bread", "cover": cover}, page.video())
    assert await said(page) == {"title": "Bread", "cover": await digest(cover)}


async def test_a_reel_on_a_page_has_a_title_and_a_place(facebook: Story, page: MetaHarness) -> None:
    await taken(facebook, {"format": "reel", "title": "Bread", "place": "1234"}, page.video())
    assert await said(page) == {"title": "Bread", "place": "1234"}


@pytest.mark.parametrize("photos", [0, 1, 2])
async def test_a_post_on_a_page_has_a_place(facebook: Story, page: MetaHarness, photos: int) -> None:
    await publish(facebook, {"place": "1234"}, *(page.photo(f"p{number}") for number in range(photos)))
    assert await said(page) == {"place": "1234"}
