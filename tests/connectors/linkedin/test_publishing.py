"""Publishing on LinkedIn: what a post looks like there, polls, comments, edits, and the operator's troubles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.contract import Failed, Link, Part, PublishedRef
from connectors.faults import Effect, FaultKind, PlatformFault
from connectors.linkedin import rest
from connectors.sandbox.linkedin.errors import DAILY
from tests.connectors.harness import picture
from tests.connectors.linkedin.connection import LinkedInHarness
from tests.connectors.linkedin.files import document, video
from tests.connectors.suite import Story

POLL = {"question": "Which?", "options": ["Tea", "Coffee"], "expires_in": 604_800}


async def bodies(page: LinkedInHarness, method: str, path: str) -> list[Mapping[str, Any]]:
    found = await page.controls.ask("GET", "/requests?platform=linkedin")
    return [
        item["body"]
        for item in found["requests"]
        if (item["method"], item["path"], item["account"]) == (method, path, page.handle)
    ]


async def test_a_post_is_sent_escaped_and_shown_whole(story: Story, page: LinkedInHarness) -> None:
    words = "Bread (fresh) for @[Test Works](urn:li:organization:12) #baking <3"
    await story.publish(story.task(words))
    assert [post.text for post in await page.posts()] == [words]
    (sent,) = await bodies(page, "POST", "/rest/posts")
    assert sent == {
        "author": story.access.account.external_id,
        "commentary": r"Bread \(fresh\) for @[Test Works](urn:li:organization:12) #baking \<3",
        "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    }


async def test_a_member_may_post_for_connections(members_story: Story, member: LinkedInHarness) -> None:
    await members_story.publish(members_story.task("Among us", options={"visibility": "CONNECTIONS"}))
    assert [post["visibility"] for post in await member.shown()] == ["connections"]


async def test_a_poll_is_asked(story: Story, page: LinkedInHarness) -> None:
    await story.publish(story.task("Say why below", options={"poll": POLL}))
    assert [(post["poll"], post["warning"]) for post in await page.shown()] == [(["Tea", "Coffee"], "Which?")]
    (sent,) = await bodies(page, "POST", "/rest/posts")
    assert sent["content"]["poll"]["settings"] == {"duration": "SEVEN_DAYS"}


async def test_a_poll_without_a_question_asks_the_text(story: Story, page: LinkedInHarness) -> None:
    poll = {"options": ["Tea", "Coffee"], "expires_in": 86_400}
    await story.publish(story.task("Tea or coffee?", options={"poll": poll}))
    assert [post["warning"] for post in await page.shown()] == ["Tea or coffee?"]


async def test_a_video_has_a_title_where_one_is_given(story: Story, page: LinkedInHarness) -> None:
    await story.publish(story.task("One", media=(video(80_000),)))
    await story.publish(story.task("Two", media=(video(80_000),), options={"title": "Our oven"}))
    sent = await bodies(page, "POST", "/rest/posts")
    assert [item["content"]["media"].get("title") for item in sent] == [None, "Our oven"]


async def test_a_card_without_a_title_shows_the_servers_name(story: Story, page: LinkedInHarness) -> None:
    await story.publish(replace(story.task(""), part=Part("Look", link=Link("https://example.com/bread"))))
    assert [post["card"]["title"] for post in await page.shown()] == ["example.com"]


async def test_later_parts_are_plain_comments(story: Story, page: LinkedInHarness) -> None:
    options = {"poll": POLL}
    root = await story.publish(story.task("One", options=options))
    ref = await story.publish(story.task("Two (plain)", options=options, root=root, parent=root))
    assert ref.id.startswith(f"urn:li:comment:({root.id},")
    assert [(post.text, post.reply_to) for post in await page.posts()] == [("One", None), ("Two (plain)", root.id)]


async def test_a_comment_under_a_post_that_is_gone_is_a_failure(story: Story, page: LinkedInHarness) -> None:
    gone = PublishedRef("urn:li:share:1")
    outcome = await story.send(await story.ready(story.task("Two", root=gone, parent=gone)))
    assert isinstance(outcome, Failed)
    assert (outcome.fault.kind, outcome.fault.effect) == (FaultKind.NOT_FOUND, Effect.NONE)
    assert "thread" in outcome.fault.message
    assert await page.posts() == []


async def test_a_comment_can_be_changed_and_removed_twice(story: Story, page: LinkedInHarness) -> None:
    root = await story.publish(story.task("One"))
    ref = await story.publish(story.task("Tow", root=root, parent=root))
    await page.connector.edit(story.cx, story.access, ref, story.task("Two", root=root, parent=root))
    assert [post.text for post in await page.posts()] == ["One", "Two"]
    for _ in range(2):
        await page.connector.delete(story.cx, story.access, ref)
    assert [post.text for post in await page.posts()] == ["One"]


async def test_an_edit_changes_the_text_and_keeps_the_files(story: Story, page: LinkedInHarness) -> None:
    task = await story.ready(story.task("Befor", media=(picture(),)))
    ref = await story.publish(task)
    await page.connector.edit(story.cx, story.access, ref, replace(task, part=replace(task.part, text="Before (all)")))
    shown = [(post["text"], len(post["media"]), post["edits"]) for post in await page.shown()]
    assert shown == [("Before (all)", 1, 1)]


async def test_an_edit_that_changes_the_files_is_refused(story: Story, page: LinkedInHarness) -> None:
    task = await story.ready(story.task("Before", media=(picture(),)))
    ref = await story.publish(task)
    with pytest.raises(PlatformFault) as caught:
        await page.connector.edit(story.cx, story.access, ref, story.task("Other", media=(picture("m2"),)))
    assert caught.value.fault.kind is FaultKind.INVALID_CONTENT
    assert [(post["text"], post["edits"]) for post in await page.shown()] == [("Before", 0)]


async def test_an_edit_of_a_post_that_is_gone_says_so(story: Story, page: LinkedInHarness) -> None:
    with pytest.raises(PlatformFault) as caught:
        await page.connector.edit(story.cx, story.access, PublishedRef("urn:li:share:1"), story.task("Text"))
    assert caught.value.fault.kind is FaultKind.NOT_FOUND


async def test_an_ended_version_publishes_nothing(
    story: Story, page: LinkedInHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(rest.HEADERS, "linkedin-version", "202401")
    outcome = await story.send(await story.ready(story.task("Too old")))
    assert isinstance(outcome, Failed)
    assert (outcome.fault.status, outcome.fault.code) == (426, "NONEXISTENT_VERSION")
    assert "operator" in outcome.fault.hint
    assert await page.posts() == []


async def test_a_used_up_day_waits_for_the_next(story: Story, page: LinkedInHarness) -> None:
    body = {"status": 429, "serviceErrorCode": 101, "message": DAILY}
    await page.order(kind="status", status=429, method="POST", path="/rest/posts", body=body)
    outcome = await story.send(await story.ready(story.task("One too many")))
    assert isinstance(outcome, Failed)
    assert outcome.fault.kind is FaultKind.QUOTA_EXHAUSTED
    assert outcome.fault.retry_after is not None
    assert timedelta() < outcome.fault.retry_after <= timedelta(days=1)
    assert await page.posts() == []


async def test_a_lost_role_parks_the_post(story: Story, page: LinkedInHarness) -> None:
    await page.status(page.page, "roleless")
    outcome = await story.send(await story.ready(story.task("Not mine any more")))
    assert isinstance(outcome, Failed)
    assert (outcome.fault.kind, outcome.fault.effect) == (FaultKind.PERMISSION_MISSING, Effect.NONE)
    assert await page.posts() == []


async def test_every_request_keeps_to_the_platforms_description(story: Story, page: LinkedInHarness) -> None:
    root = await story.publish(story.task("Which?", options={"poll": POLL}))
    comment = await story.publish(story.task("Look", root=root, parent=root))
    await story.publish(story.task("Two", media=(picture("a"), picture("b"))))
    await story.publish(story.task("Prices", media=(document(),)))
    await page.connector.metrics(story.cx, story.access, [root, comment])
    await page.connector.account_metrics(story.cx, story.access)
    await page.connector.check(story.cx, story.access)
    found = await page.controls.ask("GET", "/requests?platform=linkedin&violations=1")
    assert [item for item in found["requests"] if item["account"] == page.handle] == []
