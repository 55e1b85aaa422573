"""Looking up a lost answer on Instagram: the container says whether it is out, then the post is found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.capabilities import ConnectBy
from connectors.contract import Absent, Finding, Found, Published, PublishTask, Undecided, Unknown
from connectors.faults import FaultKind, PlatformFault
from connectors.sandbox.server import Sandbox
from tests.connectors.harness import Trouble
from tests.connectors.meta.connection import MetaHarness, meta_account
from tests.connectors.suite import Story


async def lost(story: Story, task: PublishTask) -> PublishTask:
    """Publish and lose the answer."""
    ready = await story.ready(task)
    await story.harness.trouble(Trouble.LOST_ANSWER)
    assert isinstance(await story.send(ready), Unknown)
    return ready


async def look(story: Story, task: PublishTask) -> Finding:
    return await story.harness.connector.reconcile(story.cx, story.access, task)


@pytest.mark.parametrize("chosen", ["post", "reel", "story"])
async def test_a_lost_answer_is_found_whatever_it_was(instagram: Story, account: MetaHarness, chosen: str) -> None:
    media = account.photo() if chosen == "post" else account.video()
    words = "" if chosen == "story" else "Lost"
    task = await lost(instagram, instagram.task(words, media=(media,), options={"format": chosen}))
    finding = await look(instagram, task)
    assert isinstance(finding, Found)
    assert [post["id"] for post in await account.shown()] == [finding.ref.id]
    assert finding.ref.extra == {"format": {"post": "image", "reel": "reel", "story": "story"}[chosen]}


async def test_two_posts_of_the_same_text_are_left_to_a_person(instagram: Story) -> None:
    await instagram.publish(instagram.task("Twice"))
    finding = await look(instagram, await lost(instagram, instagram.task("Twice")))
    assert isinstance(finding, Undecided)
    assert finding.evidence.startswith("It is published; 2 posts")


async def test_a_container_that_is_ready_proves_that_nothing_is_out(instagram: Story, account: MetaHarness) -> None:
    await instagram.publish(instagram.task("Same words"))
    task = await instagram.ready(instagram.task("Same words"))
    assert isinstance(await look(instagram, task), Absent)
    assert isinstance(await instagram.send(task), Published)
    assert len(await account.shown()) == 2


async def test_a_container_that_has_expired_was_never_published(alone: Sandbox) -> None:
    async with meta_account(alone.meta_url, "instagram", ConnectBy.PAGE) as account:
        story = Story(account, account.context(), await account.connect())
        task = await story.ready(story.task("Too late"))
        await account.controls.ask("POST", "/clock", {"advance": 25 * 3600})
        assert isinstance(await look(story, task), Absent)


@pytest.mark.parametrize("code", ["IN_PROGRESS", "ERROR", "SOMETHING"])
async def test_a_container_that_does_not_say_leaves_it_open(instagram: Story, account: MetaHarness, code: str) -> None:
    task = await instagram.ready(instagram.task("Open"))
    await account.order({"kind": "wrong_json", "body": {"id": "1", "status_code": code}}, "*", "GET")
    assert isinstance(await look(instagram, task), Undecided)


async def test_a_container_that_is_gone_proves_nothing(instagram: Story) -> None:
    task = await instagram.ready(instagram.task("Gone"))
    assert isinstance(await look(instagram, replace(task, checkpoint={"container": "1"})), Undecided)


async def test_without_a_container_nothing_can_be_out(instagram: Story) -> None:
    task = replace(instagram.task("Nothing"), intended_at=instagram.cx.now())
    assert isinstance(await look(instagram, task), Absent)


async def test_without_the_time_of_sending_nothing_is_searched(instagram: Story, account: MetaHarness) -> None:
    before = len(account.exchanges)
    assert isinstance(await look(instagram, instagram.task("Never intended")), Undecided)
    assert len(account.exchanges) == before


async def test_a_lost_comment_is_found_and_one_that_never_came_is_absent(instagram: Story) -> None:
    root = await instagram.publish(instagram.task("Post"))
    task = await lost(instagram, instagram.task("Below", root=root, parent=root))
    assert isinstance(await look(instagram, task), Found)
    other = await instagram.ready(instagram.task("Never", root=root, parent=root))
    assert isinstance(await look(instagram, other), Absent)


async def test_comments_below_a_post_that_is_gone_are_left_to_a_person(instagram: Story) -> None:
    root = await instagram.publish(instagram.task("Post"))
    task = await instagram.ready(instagram.task("Below", root=root, parent=root))
    await instagram.harness.connector.delete(instagram.cx, instagram.access, root)
    assert isinstance(await look(instagram, task), Undecided)


async def test_poll_looks_the_post_up(instagram: Story) -> None:
    task = await lost(instagram, instagram.task("Nothing is ever pending"))
    connector = instagram.harness.connector
    assert isinstance(await connector.poll(instagram.cx, instagram.access, task), Published)
    never = await instagram.ready(instagram.task("Never sent"))
    assert isinstance(await connector.poll(instagram.cx, instagram.access, never), Unknown)


async def test_a_dead_token_is_a_fault_and_no_finding(instagram: Story, account: MetaHarness) -> None:
    task = await instagram.ready(instagram.task("Whose?"))
    await account.controls.ask("DELETE", "/tokens", {"platform": "meta", "handle": account.handle})
    with pytest.raises(PlatformFault) as caught:
        await look(instagram, task)
    assert caught.value.fault.kind is FaultKind.AUTH_EXPIRED
