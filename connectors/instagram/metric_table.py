"""Which figures Instagram gives of an account and its posts, and what it calls them.

Source: https://developers.facebook.com/docs/instagram-platform/api-reference/instagram-media/insights
"""

from __future__ import annotations

from typing import Final

from connectors.metric_names import Given, History, MetricName

SEEN: Final = {MetricName.VIEWS: "views", MetricName.REACH: "reach"}
KEPT: Final = {MetricName.SAVES: "saved", MetricName.SHARES: "shares"}
ALL: Final = {MetricName.ENGAGEMENTS: "total_interactions"}
CAME: Final = {MetricName.NEW_FOLLOWERS: "follows", MetricName.PROFILE_VISITS: "profile_visits"}
WATCHED: Final = {MetricName.AVERAGE_WATCH_MS: "ig_reels_avg_watch_time"}
ANSWERED: Final = {MetricName.REPLIES: "replies", MetricName.SHARES: "shares"}
OF_POST: Final = {MetricName.LIKES: "like_count", MetricName.COMMENTS: "comments_count"}
"""Fields of a post."""
OF_ACCOUNT: Final = {
    MetricName.FOLLOWERS: "followers_count",
    MetricName.FOLLOWING: "follows_count",
    MetricName.POSTS: "media_count",
}
"""Fields of the account."""
DONE: Final = {MetricName.ACCOUNTS_ENGAGED: "accounts_engaged", MetricName.ENGAGEMENTS: "total_interactions"}
TAPPED: Final = {MetricName.CLICKS: "profile_links_taps"}
GIVEN: Final = Given(
    posts={**OF_POST, **SEEN, **KEPT, **ALL, **CAME, **WATCHED, MetricName.REPLIES: "replies"},
    account={**OF_ACCOUNT, **SEEN, **DONE, **TAPPED},
    page=10,
    history=History(days=90, page=7),
    note="Which figures a post has depends on its kind: saves on feed posts and reels, watch time on reels, replies on "
    "stories, followers and profile visits on feed posts. Stories tell theirs for a day, with five viewers and more. "
    "Figures come up to two days late.",
    source="https://developers.facebook.com/docs/instagram-platform/api-reference/instagram-media/insights",
)
