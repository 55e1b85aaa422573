"""Which figures LinkedIn gives, and what it calls them: a page's, and a member's where the right was granted.

Sources, below https://learn.microsoft.com/en-us/linkedin/marketing/community-management/:
organizations/share-statistics, organizations/follower-statistics, organizations/page-statistics,
members/post-statistics
"""

from __future__ import annotations

from typing import Final

from connectors.metric_names import Given, History, MetricName

SHARES: Final = {
    MetricName.IMPRESSIONS: "impressionCount",
    MetricName.REACH: "uniqueImpressionsCount",
    MetricName.CLICKS: "clickCount",
    MetricName.LIKES: "likeCount",
    MetricName.COMMENTS: "commentCount",
    MetricName.SHARES: "shareCount",
}
"""The figures of posts."""
GIVEN: Final = Given(
    posts=SHARES,
    account={
        MetricName.FOLLOWERS: "firstDegreeSize",
        MetricName.NEW_FOLLOWERS: "organicFollowerGain + paidFollowerGain",
        MetricName.PAGE_VIEWS: "pageViews",
        **SHARES,
    },
    page=20,
    history=History(days=90, page=30),
    note="Pages have all of it. A member's posts have likes and comments, or all of their figures with "
    "`r_member_postAnalytics`, and members have followers only with `r_member_profileAnalytics`; both are rights that "
    "LinkedIn gives to few; figures of members are kept for two days, as LinkedIn says. Days are days of UTC.",
    source="https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/share-statistics",
)
