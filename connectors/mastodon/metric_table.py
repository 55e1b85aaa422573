"""Which figures Mastodon gives, and what it calls them.

Source: https://docs.joinmastodon.org/entities/Status, https://docs.joinmastodon.org/entities/Account
"""

from __future__ import annotations

from typing import Final

from connectors.metric_names import Given, MetricName

GIVEN: Final = Given(
    posts={
        MetricName.LIKES: "favourites_count",
        MetricName.SHARES: "reblogs_count",
        MetricName.COMMENTS: "replies_count",
        MetricName.QUOTES: "quotes_count",
    },
    account={
        MetricName.FOLLOWERS: "followers_count",
        MetricName.FOLLOWING: "following_count",
        MetricName.POSTS: "statuses_count",
    },
    page=20,
    note="A server counts what it has heard of: other servers may know more. Quotes are counted since Mastodon 4.5.",
    source="https://docs.joinmastodon.org/entities/Status",
)
