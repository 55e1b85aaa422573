"""Figures under our own names; a metric that is gone spoils its own group only."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connectors.meta.insights import figures
from tests.connectors.meta.connection import MetaHarness
from tests.connectors.meta.test_rules import JSON
from tests.connectors.suite import Story


async def count(harness: MetaHarness, thing: str, **counts: int) -> None:
    await harness.controls.ask("POST", "/counts", {"platform": "meta", "id": thing, "counts": counts})


async def test_figures_of_a_page_s_post_have_our_names(facebook: Story, page: MetaHarness) -> None:
    ref = await facebook.publish(facebook.task("Seen"))
    await facebook.publish(facebook.task("Below", root=ref, parent=ref))
    await count(page, ref.id, post_media_view=90, post_total_media_view_unique=70, post_clicks=5, reactions=4, shares=2)
    (found,) = await page.connector.metrics(facebook.cx, facebook.access, [ref])
    assert found.values == {"likes": 4, "comments": 1, "shares": 2, "views": 90, "reach": 70, "clicks": 5}
    assert found.complete


async def test_a_metric_that_was_removed_does_not_spoil_the_others(facebook: Story, page: MetaHarness) -> None:
    ref = await facebook.publish(facebook.task("Seen"))
    await count(page, ref.id, post_clicks=5, reactions=4)
    gone = {"error": {"message": "(#100) The value must be a valid insights metric", "code": 100}}
    await page.order({"kind": "status", "status": 400, "body": gone}, "*/insights", "GET")
    (found,) = await page.connector.metrics(facebook.cx, facebook.access, [ref])
    assert found.values == {"likes": 4, "comments": 0, "shares": 0, "clicks": 5}
    assert not found.complete


async def test_figures_of_the_page(facebook: Story, page: MetaHarness) -> None:
    own = facebook.access.account.external_id
    await count(page, own, followers_count=12, fan_count=9, page_media_view=300, page_post_engagements=8)
    found = await page.connector.account_metrics(facebook.cx, facebook.access)
    assert found.ref == own
    assert found.values == {
        "followers": 12,
        "page_likes": 9,
        "views": 300,
        "reach": 0,
        "engagements": 8,
        "new_followers": 0,
    }


async def test_figures_of_a_post_on_instagram_have_our_names(instagram: Story, account: MetaHarness) -> None:
    ref = await instagram.publish(instagram.task("Seen"))
    await count(account, ref.id, views=50, reach=40, saved=3, shares=2, total_interactions=9, like_count=6)
    (found,) = await account.connector.metrics(instagram.cx, instagram.access, [ref])
    expected = {"likes": 6, "comments": 0, "views": 50, "reach": 40, "saves": 3, "shares": 2, "engagements": 9}
    assert found.values == expected | {"new_followers": 0, "profile_visits": 0}


async def test_reels_stories_and_comments_have_figures_of_their_own(instagram: Story, account: MetaHarness) -> None:
    reel = await instagram.publish(instagram.task("Upright", media=(account.video(),)))
    story = await instagram.publish(instagram.task("", media=(account.photo(),), options={"format": "story"}))
    below = await instagram.publish(instagram.task("Below", root=reel, parent=reel))
    found = await account.connector.metrics(instagram.cx, instagram.access, [reel, story, below])
    assert [sorted(item.values) for item in found] == [
        ["average_watch_ms", "comments", "engagements", "likes", "reach", "saves", "shares", "views"],
        ["comments", "engagements", "likes", "reach", "replies", "shares", "views"],
        ["likes"],
    ]


async def test_figures_of_the_account(instagram: Story, account: MetaHarness) -> None:
    await instagram.publish(instagram.task("One"))
    await count(account, instagram.access.account.external_id, followers_count=12, views=300, profile_links_taps=4)
    found = await account.connector.account_metrics(instagram.cx, instagram.access)
    assert found.values["followers"] == 12
    assert (found.values["posts"], found.values["views"], found.values["clicks"]) == (1, 300, 4)


def test_values_come_in_three_forms() -> None:
    body = {
        "data": [
            {"name": "a", "values": [{"value": 1}, {"value": 2}]},
            {"name": "b", "total_value": {"value": 3}},
            {"name": "c", "values": [{"value": {"like": 4, "love": 5}}]},
            {"name": "unasked", "values": [{"value": 6}]},
            {"name": "d", "values": []},
        ]
    }
    assert figures(body, {"a": "x", "b": "y", "c": "z", "d": "w"}) == {"x": 2, "y": 3, "z": 9}


@given(st.dictionaries(st.sampled_from(["data", "paging"]), JSON | st.lists(st.dictionaries(st.text(), JSON))))
def test_no_answer_of_insights_makes_it_fail(body: dict[str, Any]) -> None:
    assert all(value >= 0 for value in figures(body, {"a": "x", "": "y"}).values())
