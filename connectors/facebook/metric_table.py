"""Which figures Facebook gives of a page and its posts, and what it calls them.

The metrics of impressions ended on 2026-06-15 for every version; views and viewers stand in their place.
Sources: https://developers.facebook.com/docs/graph-api/reference/insights, .../docs/platforminsights/page
"""

from __future__ import annotations

from typing import Final

from connectors.metric_names import Given, History, MetricName

OF_POSTS: Final = {
    MetricName.VIEWS: "post_media_view",
    MetricName.REACH: "post_total_media_view_unique",
    MetricName.CLICKS: "post_clicks",
}
"""Insights of a post."""
OF_PAGE: Final = {
    MetricName.VIEWS: "page_media_view",
    MetricName.REACH: "page_total_media_view_unique",
    MetricName.ENGAGEMENTS: "page_post_engagements",
    MetricName.NEW_FOLLOWERS: "page_daily_follows_unique",
}
"""Insights of the page, a day at a time."""
FIELDS: Final = {MetricName.FOLLOWERS: "followers_count", MetricName.PAGE_LIKES: "fan_count"}
"""Fields of the page."""
GIVEN: Final = Given(
    posts={
        **OF_POSTS,
        MetricName.LIKES: "reactions.summary",
        MetricName.COMMENTS: "comments.summary",
        MetricName.SHARES: "shares",
    },
    account={**FIELDS, **OF_PAGE},
    page=10,
    history=History(days=90, page=30),
    note="Videos and reels have views, likes and comments; stories have nothing but that they are there. Facebook "
    "shows insights to pages with 100 likes and more, up to a day late, and may restate them. Its days end at midnight "
    "of the Pacific coast.",
    source="https://developers.facebook.com/docs/graph-api/reference/insights",
)
