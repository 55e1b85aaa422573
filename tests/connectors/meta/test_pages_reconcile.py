"""Looking up a lost answer on a page: posts by photos or text, videos by their id, comments below their post."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connectors.contract import Absent, Finding, Found, Pending, Published, PublishTask, Undecided, Unknown
from connectors.facebook import reconcile as searching
from connectors.facebook.status import State, state_of
from tests.connectors.harness import Trouble
from tests.connectors.meta.connection import MetaHarness
from tests.connectors.suite import Story


async def lost(story: Story, task: PublishTask) -> PublishTask:
    """Publish and lose the answer."""
    ready = await story.ready(task)
    await story.harness.trouble(Trouble.LOST_ANSWER)
    assert isinstance(await story.send(ready), Unknown)
    return ready


async def look(story: Story, task: PublishTask) -> Finding:
    return await story.harness.connector.reconcile(story.cx, story.access, task)


async def test_white_space_and_other_forms_of_letters_do_not_hide_a_post(facebook: Story) -> None:
    task = await lost(facebook, facebook.task("  Cafe\u0301 \n at  nine "))
    assert isinstance(await look(facebook, task), Found)
    assert isinstance(await look(facebook, replace(task, part=replace(task.part, text="Café at nine"))), Found)
    assert isinstance(await look(facebook, replace(task, part=replace(task.part, text="Café at ten"))), Absent)


async def test_two_posts_of_the_same_text_are_left_to_a_person(facebook: Story) -> None:
    await facebook.publish(facebook.task("Twice"))
    finding = await look(facebook, await lost(facebook, facebook.task("Twice")))
    assert isinstance(finding, Undecided)
    assert finding.evidence.startswith("2 entries since ")


async def test_the_uploaded_photos_tell_two_posts_of_the_same_text_apart(facebook: Story, page: MetaHarness) -> None:
    await facebook.publish(facebook.task("Twice", media=(page.photo("a"), page.photo("c"))))
    finding = await look(facebook, await lost(facebook, facebook.task("Twice", media=(page.photo("b"),))))
    assert isinstance(finding, Found)
    assert finding.ref.id == (await page.posts())[1].id


async def test_the_same_text_with_a_photo_is_another_post(facebook: Story, page: MetaHarness) -> None:
    await facebook.publish(facebook.task("Echo", media=(page.photo("a"),)))
    assert isinstance(await look(facebook, await facebook.ready(facebook.task("Echo"))), Absent)


async def test_a_list_that_is_too_long_is_left_to_a_person(facebook: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    task = await lost(facebook, facebook.task("The first of many"))
    for number in range(4):
        await facebook.publish(facebook.task(f"Number {number}"))
    monkeypatch.setattr(searching, "PAGE", 2)
    monkeypatch.setattr(searching, "PAGES", 2)
    assert isinstance(await look(facebook, task), Undecided)
    monkeypatch.setattr(searching, "PAGES", 3)
    assert isinstance(await look(facebook, task), Found)


async def test_a_comment_of_somebody_else_is_not_ours(facebook: Story) -> None:
    root = await facebook.publish(facebook.task("Post"))
    task = await lost(facebook, facebook.task("Me too", root=root, parent=root))
    stranger = replace(facebook.access, account=replace(facebook.access.account, external_id="1"))
    finding = await facebook.harness.connector.reconcile(facebook.cx, stranger, task)
    assert isinstance(finding, Absent)
    assert isinstance(await look(facebook, task), Found)


async def test_comments_below_a_post_that_is_gone_are_left_to_a_person(facebook: Story) -> None:
    root = await facebook.publish(facebook.task("Post"))
    task = await facebook.ready(facebook.task("Below", root=root, parent=root))
    await facebook.harness.connector.delete(facebook.cx, facebook.access, root)
    assert isinstance(await look(facebook, task), Undecided)


@pytest.mark.parametrize("chosen", ["post", "reel"])
async def test_a_lost_video_is_found_by_its_id(facebook: Story, page: MetaHarness, chosen: str) -> None:
    task = await facebook.ready(facebook.task("Moving", media=(page.video(),), options={"format": chosen}))
    await page.order({"kind": "drop_after_effect"}, "*/video*")
    assert isinstance(await facebook.send(task), Unknown)
    assert isinstance(await look(facebook, task), Undecided), "it is still being processed"
    finding = await look(facebook, task)
    assert isinstance(finding, Found)
    assert [post["id"] for post in await page.shown()] == [finding.ref.id]


@pytest.mark.parametrize("chosen", ["post", "reel"])
async def test_a_video_that_was_never_asked_for_is_absent(facebook: Story, page: MetaHarness, chosen: str) -> None:
    task = await facebook.ready(facebook.task("Moving", media=(page.video(),), options={"format": chosen}))
    await page.order({"kind": "drop_before_effect"}, "*/video*")
    assert isinstance(await facebook.send(task), Unknown)
    assert isinstance(await look(facebook, task), Absent)
    assert isinstance(await facebook.send(task), Pending)
    assert len(await page.shown()) == 1


async def test_a_story_is_left_to_a_person(facebook: Story, page: MetaHarness) -> None:
    task = await facebook.ready(facebook.task("", media=(page.photo(),), options={"format": "story"}))
    await page.order({"kind": "drop_after_effect"}, "*/photo_stories")
    assert isinstance(await facebook.send(task), Unknown)
    assert isinstance(await look(facebook, task), Undecided)


async def test_without_the_time_of_sending_nothing_is_searched(facebook: Story, page: MetaHarness) -> None:
    before = len(page.exchanges)
    assert isinstance(await look(facebook, facebook.task("Never intended")), Undecided)
    assert len(page.exchanges) == before


async def test_a_part_that_was_taken_for_published_is_so(facebook: Story) -> None:
    root = await facebook.publish(facebook.task("One"))
    outcome = await facebook.send(await facebook.ready(facebook.task("Two", root=root, parent=root)))
    assert isinstance(outcome, Published)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ({"video_status": "uploading"}, State.UPLOADED),
        ({"video_status": "upload_complete", "publishing_phase": {"status": "not_started"}}, State.UPLOADED),
        ({"video_status": "ready"}, State.PUBLISHED),
        ({"publishing_phase": {"status": "completed", "publish_status": "published"}}, State.PUBLISHED),
        (
            {
                "video_status": "processing",
                "publishing_phase": {"status": "not_started", "publish_status": "published"},
            },
            State.WORKING,
        ),
        (
            {"video_status": "ready", "publishing_phase": {"status": "complete", "publish_status": "draft"}},
            State.WORKING,
        ),
        ({"video_status": "expired"}, State.BROKEN),
        ({"uploading_phase": {"status": "error", "error": {"message": "Broken"}}}, State.BROKEN),
        ({}, State.UNCLEAR),
        ([], State.UNCLEAR),
    ],
)
def test_the_state_of_a_video_is_read_in_every_spelling(status: Any, state: State) -> None:
    assert state_of({"status": status})[0] is state
