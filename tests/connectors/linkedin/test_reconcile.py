"""Looking for a lost post: found, proved absent, or left to a person; never absent without a proof."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connectors.contract import Absent, Found, PublishedRef, PublishTask, Undecided
from connectors.linkedin import reconcile
from tests.connectors.harness import Trouble, picture
from tests.connectors.linkedin.connection import LinkedInHarness
from tests.connectors.suite import Story


async def lost(story: Story, task: PublishTask, kind: Trouble = Trouble.LOST_ANSWER) -> PublishTask:
    ready = await story.ready(task)
    await story.harness.trouble(kind)
    await story.send(ready)
    return ready


async def finding(story: Story, task: PublishTask) -> Any:
    return await story.harness.connector.reconcile(story.cx, story.access, task)


@pytest.mark.parametrize("kind", [Trouble.LOST_ANSWER, Trouble.LOST_REQUEST])
async def test_a_members_posts_cannot_be_read_so_a_person_looks(
    members_story: Story, member: LinkedInHarness, kind: Trouble
) -> None:
    task = await lost(members_story, members_story.task("Lost"), kind)
    before = len(member.exchanges)
    assert isinstance(await finding(members_story, task), Undecided)
    assert len(member.exchanges) == before


async def test_files_tell_two_posts_of_the_same_text_apart(story: Story) -> None:
    await story.publish(story.task("Look"))
    task = await lost(story, story.task("Look", media=(picture(),)))
    found = await finding(story, task)
    assert isinstance(found, Found)
    assert found.ref.id == (await story.harness.posts())[1].id
    other = replace(task, part=replace(task.part, media=(picture("m2"),)), checkpoint={"media": {"m2": "urn:x"}})
    assert isinstance(await finding(story, other), Absent)


async def test_escaped_signs_and_line_ends_are_the_same_text(story: Story) -> None:
    task = await lost(story, story.task("Bread (fresh)\n#baking"))
    assert isinstance(await finding(story, task), Found)
    windows = replace(task, part=replace(task.part, text="Bread (fresh)\r\n#baking "))
    assert isinstance(await finding(story, windows), Found)


async def test_a_post_that_was_changed_meanwhile_may_be_ours(story: Story) -> None:
    task = await lost(story, story.task("Before"))
    (post,) = await story.harness.posts()
    await story.harness.connector.edit(story.cx, story.access, PublishedRef(post.id), story.task("After"))
    assert isinstance(await finding(story, task), Undecided)


async def test_a_comment_that_was_changed_meanwhile_may_be_ours(story: Story) -> None:
    root = await story.publish(story.task("One"))
    task = await lost(story, story.task("Two", root=root, parent=root))
    found = await finding(story, task)
    assert isinstance(found, Found)
    await story.harness.connector.edit(story.cx, story.access, found.ref, story.task("Zwei"))
    assert isinstance(await finding(story, task), Undecided)


async def test_two_comments_of_the_same_text_are_left_to_a_person(story: Story) -> None:
    root = await story.publish(story.task("One"))
    task = await story.ready(story.task("Two", root=root, parent=root))
    await story.send(task)
    await story.send(task)
    assert isinstance(await finding(story, task), Undecided)


async def test_a_list_that_does_not_end_proves_nothing(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "PAGE", 1)
    monkeypatch.setattr(reconcile, "PAGES", 2)
    for words in ("One", "Two", "Three"):
        await story.publish(story.task(words))
    task = await lost(story, story.task("Never arrived"), Trouble.LOST_REQUEST)
    assert isinstance(await finding(story, task), Undecided)


async def test_without_the_time_of_sending_nothing_is_searched(story: Story) -> None:
    assert isinstance(await finding(story, story.task("When?")), Undecided)
