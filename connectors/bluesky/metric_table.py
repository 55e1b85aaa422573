"""Which figures Bluesky gives, and what it calls them.

Source: https://docs.bsky.app/docs/api/app-bsky-feed-get-posts, .../app-bsky-actor-get-profile
"""

from __future__ import annotations

from typing import Final

from connectors.metric_names import Given, MetricName

GIVEN: Final = Given(
    posts={
        MetricName.LIKES: "likeCount",
        MetricName.SHARES: "repostCount",
        MetricName.COMMENTS: "replyCount",
        MetricName.QUOTES: "quoteCount",
        MetricName.SAVES: "bookmarkCount",
    },
    account={
        MetricName.FOLLOWERS: "followersCount",
        MetricName.FOLLOWING: "followsCount",
        MetricName.POSTS: "postsCount",
    },
    page=25,
    note="Nobody tells how often a post was seen, nor how an account was in the past.",
    source="https://docs.bsky.app/docs/api/app-bsky-feed-get-posts",
)
