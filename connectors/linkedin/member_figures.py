"""Figures of a member's posts, one figure a request, with a right that LinkedIn gives to few.

Source: https://learn.microsoft.com/en-us/linkedin/marketing/community-management/members/post-statistics
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from connectors.contract import Access, Context
from connectors.linkedin import rest
from connectors.linkedin.faults import refusal
from connectors.metric_names import MetricName

_RIGHT: Final = "r_member_postAnalytics"
_FIGURES: Final[Mapping[MetricName, str]] = {
    MetricName.IMPRESSIONS: "IMPRESSION",
    MetricName.REACH: "MEMBERS_REACHED",
    MetricName.CLICKS: "LINK_CLICKS",
    MetricName.LIKES: "REACTION",
    MetricName.COMMENTS: "COMMENT",
    MetricName.SHARES: "RESHARE",
}
_KINDS: Final = {"urn:li:share:": "share", "urn:li:ugcPost:": "ugc"}


def may_measure(access: Access) -> bool:
    """Whether the connection may read the figures of the member's posts."""
    return _RIGHT in access.tokens.scopes


async def measured(cx: Context, access: Access, urn: str) -> Mapping[str, int] | None:
    """The figures of one post; None where it is not there any more."""
    entity = next((f"({key}:{rest.encoded(urn)})" for kind, key in _KINDS.items() if urn.startswith(kind)), None)
    if entity is None:
        return None
    found: dict[str, int] = {}
    for name, metric in _FIGURES.items():
        query = f"q=entity&entity={entity}&queryType={metric}&aggregation=TOTAL"
        answer = await rest.call(cx, access, "GET", f"/rest/memberCreatorPostAnalytics?{query}")
        if answer.status == 404:
            return None
        if not answer.ok:
            raise refusal(answer, cx.now())
        counts = [item.get("count") for item in rest.elements(rest.body(cx, answer))]
        found[name.value] = sum(count for count in counts if isinstance(count, int))
    return found
