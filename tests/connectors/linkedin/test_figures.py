"""Figures: of a page's posts in one request, of a member's as far as the rights go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import unquote

from connectors.capabilities import ConnectBy
from connectors.sandbox.server import Sandbox
from tests.connectors.harness import picture
from tests.connectors.linkedin.connection import EVERY_RIGHT, LinkedInHarness, linkedin_account
from tests.connectors.suite import Story

WITHOUT_FIGURES = " ".join(right for right in EVERY_RIGHT.split() if right != "r_member_postAnalytics")


async def read_by(harness: LinkedInHarness, urn: str, counts: Mapping[str, int]) -> None:
    await harness.controls.ask("POST", "/counts", {"platform": "linkedin", "id": urn, "counts": counts})


async def test_a_pages_posts_are_asked_for_by_kind(story: Story, page: LinkedInHarness) -> None:
    share = await story.publish(story.task("One"))
    several = await story.publish(story.task("Two", media=(picture("a"), picture("b"))))
    comment = await story.publish(story.task("Three", root=share, parent=share))
    await read_by(page, share.id, {"impressionCount": 41, "uniqueImpressionsCount": 30, "likeCount": 3})
    found = await page.connector.metrics(story.cx, story.access, [several, comment, share])
    assert [item.ref for item in found] == [several.id, share.id]
    assert found[1].values == {
        "impressions": 41,
        "reach": 30,
        "clicks": 0,
        "likes": 3,
        "comments": 0,
        "shares": 0,
    }


async def test_a_page_as_a_whole_has_followers_views_and_figures_of_its_posts(
    story: Story, page: LinkedInHarness
) -> None:
    posts = {"impressionCount": 900, "uniqueImpressionsCount": 500, "clickCount": 40, "likeCount": 12, "shareCount": 3}
    gains = {"organicFollowerGain": 7, "paidFollowerGain": 2}
    counts = {"followers": 1200, "pageViews": 88, **gains, **posts}
    await read_by(page, story.access.account.external_id, counts)
    assert (await page.connector.account_metrics(story.cx, story.access)).values == {
        "followers": 1200,
        "new_followers": 9,
        "page_views": 88,
        "impressions": 900,
        "reach": 500,
        "clicks": 40,
        "likes": 12,
        "comments": 0,
        "shares": 3,
    }


async def test_a_page_s_day_is_the_last_full_one_of_utc(story: Story, page: LinkedInHarness) -> None:
    await page.connector.account_metrics(story.cx, story.access)
    asked = [item.url for item in page.exchanges if "timeIntervals" in item.url]
    assert len(asked) == 3
    end = story.cx.now().replace(hour=0, minute=0, second=0, microsecond=0)
    start = end - timedelta(days=1)
    span = f"(timeRange:(start:{start.timestamp():.0f}000,end:{end.timestamp():.0f}000),timeGranularityType:DAY)"
    assert all(span in unquote(url) for url in asked)


async def test_what_a_member_does_not_show_is_left_out(members_story: Story, member: LinkedInHarness) -> None:
    ref = await members_story.publish(members_story.task("Mine"))
    before = len(member.exchanges)
    assert await member.connector.metrics(members_story.cx, members_story.access, [ref]) == []
    assert (await member.connector.account_metrics(members_story.cx, members_story.access)).values == {}
    assert len(member.exchanges) == before


async def test_a_members_posts_are_asked_for_one_by_one(platforms: Sandbox) -> None:
    async with linkedin_account(platforms, page=False, by=ConnectBy.PAGE, scopes=WITHOUT_FIGURES) as harness:
        story = Story(harness, harness.context(), await harness.connect())
        ref = await story.publish(story.task("Mine"))
        await story.publish(story.task("A word more", root=ref, parent=ref))
        await read_by(harness, ref.id, {"likeCount": 7})
        await read_by(harness, story.access.account.external_id, {"followers": 55})
        (found,) = await harness.connector.metrics(story.cx, story.access, [ref])
        assert (found.ref, found.values) == (ref.id, {"likes": 7, "comments": 1})
        assert (await harness.connector.account_metrics(story.cx, story.access)).values == {"followers": 55}


async def test_a_member_s_posts_have_the_figures_of_a_page_s_where_the_right_was_granted(platforms: Sandbox) -> None:
    async with linkedin_account(platforms, page=False, by=ConnectBy.PAGE, scopes=EVERY_RIGHT) as harness:
        story = Story(harness, harness.context(), await harness.connect())
        share = await story.publish(story.task("Mine"))
        several = await story.publish(story.task("Two", media=(picture("a"), picture("b"))))
        gone = await story.publish(story.task("Gone"))
        await harness.connector.delete(story.cx, story.access, gone)
        counts = {"impressionCount": 41, "uniqueImpressionsCount": 30, "likeCount": 3, "clickCount": 2, "shareCount": 1}
        await read_by(harness, several.id, counts)
        found = await harness.connector.metrics(story.cx, story.access, [several, gone, share])
        assert several.id.startswith("urn:li:ugcPost:")
        nothing = dict.fromkeys(("impressions", "reach", "clicks", "likes", "comments", "shares"), 0)
        measured = {"impressions": 41, "reach": 30, "clicks": 2, "likes": 3, "shares": 1}
        assert [(item.ref, item.values) for item in found] == [
            (several.id, {**nothing, **measured}),
            (share.id, nothing),
        ]
        asked = [item.url for item in harness.exchanges if "memberCreatorPostAnalytics" in item.url]
        assert len(asked) == 6 + 1 + 6
