"""Looking up a publish whose answer was lost: found, absent, or left to a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.contract import Absent, Finding, Found, Published, PublishTask, Undecided, Unknown
from connectors.faults import FaultKind, PlatformFault
from connectors.mastodon import reconcile as searching
from tests.connectors.harness import Trouble, picture
from tests.connectors.mastodon.connection import MastodonHarness
from tests.connectors.suite import Story


async def lost(story: Story, task: PublishTask) -> PublishTask:
    """Publish and lose the answer."""
    ready = await story.ready(task)
    await story.harness.trouble(Trouble.LOST_ANSWER)
    assert isinstance(await story.send(ready), Unknown)
    return ready


async def look(story: Story, task: PublishTask) -> Finding:
    return await story.harness.connector.reconcile(story.cx, story.access, task)


async def order(account: MastodonHarness, **fault: Any) -> None:
    await account.controls.ask("POST", "/faults", {"platform": "mastodon", "account": account.handle, **fault})


@pytest.mark.parametrize("visibility", ["public", "unlisted", "private", "direct"])
async def test_a_post_is_found_whoever_may_see_it(story: Story, visibility: str) -> None:
    task = await lost(story, story.task("Hidden or not", options={"visibility": visibility}))
    assert isinstance(await look(story, task), Found)


async def test_white_space_at_the_ends_does_not_hide_a_post(story: Story) -> None:
    task = await lost(story, story.task("  Two lines\nof text \n"))
    assert isinstance(await look(story, task), Found)


async def test_a_content_warning_is_part_of_the_text(story: Story) -> None:
    task = await lost(story, story.task("A wren", options={"spoiler_text": "Birds"}))
    assert isinstance(await look(story, task), Found)
    assert isinstance(await look(story, replace(task, options={"spoiler_text": "Cats"})), Absent)


async def test_two_posts_of_the_same_text_are_left_to_a_person(story: Story) -> None:
    await story.publish(story.task("Twice"))
    task = await lost(story, story.task("Twice"))
    finding = await look(story, task)
    assert isinstance(finding, Undecided)
    assert finding.evidence.startswith("2 posts since ")


async def test_the_uploaded_files_tell_two_posts_of_the_same_text_apart(story: Story) -> None:
    await story.publish(story.task("Twice", media=(picture("a"),)))
    task = await lost(story, story.task("Twice", media=(picture("b"),)))
    finding = await look(story, task)
    assert isinstance(finding, Found)
    assert finding.ref.id == (await story.harness.posts())[1].id


async def test_the_same_text_as_an_answer_is_another_post(story: Story) -> None:
    root = await story.publish(story.task("Echo"))
    ready = await story.ready(story.task("Echo", root=root, parent=root))
    assert isinstance(await look(story, ready), Absent)


async def test_a_server_without_sources_is_searched_by_what_it_shows(story: Story, account: MastodonHarness) -> None:
    task = await lost(story, story.task("Hello @anna@example.social\n\nhttps://example.com/a?b=1&c=2 <3"))
    await order(account, kind="status", status=404, path="/api/v1/statuses/*/source", times=None)
    assert isinstance(await look(story, task), Found)
    other = replace(task, part=replace(task.part, text="Something else"))
    assert isinstance(await look(story, other), Undecided)


async def test_a_list_that_is_too_long_is_left_to_a_person(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    task = await lost(story, story.task("The first of many"))
    for number in range(4):
        await story.publish(story.task(f"Number {number}"))
    monkeypatch.setattr(searching, "PAGE", 2)
    monkeypatch.setattr(searching, "PAGES", 2)
    assert isinstance(await look(story, task), Undecided)
    monkeypatch.setattr(searching, "PAGES", 3)
    assert isinstance(await look(story, task), Found)


async def test_what_is_sent_again_within_the_hour_is_the_same_post(story: Story) -> None:
    task = await lost(story, story.task("Once only"))
    again = await story.send(task)
    finding = await look(story, task)
    assert isinstance(again, Published)
    assert isinstance(finding, Found)
    assert again.ref == finding.ref


async def test_without_the_time_of_sending_nothing_is_searched(story: Story, account: MastodonHarness) -> None:
    before = len(account.exchanges)
    assert isinstance(await look(story, story.task("Never intended")), Undecided)
    assert len(account.exchanges) == before


async def test_a_clock_ahead_of_the_servers_does_not_hide_a_post(story: Story) -> None:
    task = await lost(story, story.task("Our clock is fast"))
    ahead = timedelta(minutes=9)
    fast = replace(story.cx, now=lambda: story.cx.now() + ahead)
    assert task.intended_at is not None
    late = replace(task, intended_at=task.intended_at + ahead)
    assert isinstance(await story.harness.connector.reconcile(fast, story.access, late), Found)


async def test_a_dead_token_is_a_fault_and_no_finding(story: Story, account: MastodonHarness) -> None:
    task = await story.ready(story.task("Whose?"))
    await account.controls.ask("DELETE", "/tokens", {"platform": "mastodon", "handle": account.handle})
    with pytest.raises(PlatformFault) as caught:
        await look(story, task)
    assert caught.value.fault.kind is FaultKind.AUTH_EXPIRED


async def test_poll_looks_the_post_up(story: Story) -> None:
    task = await lost(story, story.task("Nothing is ever pending"))
    connector = story.harness.connector
    assert isinstance(await connector.poll(story.cx, story.access, task), Published)
    never = await story.ready(story.task("Never sent"))
    assert isinstance(await connector.poll(story.cx, story.access, never), Unknown)
