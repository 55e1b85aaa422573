"""Figures of posts and of the page, under the names that every platform here uses.

The metrics of impressions ended on 2026-06-15 for every version; views and viewers stand in their place.
Sources: https://developers.facebook.com/docs/graph-api/reference/insights, .../docs/platforminsights/page
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from connectors.contract import Access, Metrics, PublishedRef
from connectors.facebook.kinds import Kind
from connectors.facebook.posts import kind_of_ref
from connectors.faults import FaultKind, PlatformFault
from connectors.meta.graph import Graph
from connectors.meta.insights import Group, read

_POST: Final = (
    Group({"post_media_view": "views", "post_total_media_view_unique": "reach"}),
    Group({"post_clicks": "clicks"}),
)
_DAY: Final = {"period": "day"}
_PAGE: Final = (
    Group({"page_media_view": "views", "page_total_media_view_unique": "reach"}, _DAY),
    Group({"page_post_engagements": "engagements"}, _DAY),
    Group({"page_daily_follows_unique": "new_followers"}, _DAY),
)
_COUNTED: Final = "comments.summary(true).limit(0),reactions.summary(true).limit(0)"
_FIELDS: Final = {
    Kind.POST: f"id,shares,{_COUNTED}",
    Kind.VIDEO: "id,views,comments.summary(true).limit(0),likes.summary(true).limit(0)",
    Kind.REEL: "id,views,comments.summary(true).limit(0),likes.summary(true).limit(0)",
    Kind.COMMENT: "id,like_count,comment_count",
    Kind.PHOTO_STORY: "id",
    Kind.VIDEO_STORY: "id",
}


async def metrics(graph: Graph, refs: Sequence[PublishedRef]) -> list[Metrics]:
    """The figures of what is still there."""
    found: list[Metrics] = []
    for ref in refs:
        kind = kind_of_ref(ref)
        try:
            body = await graph.get(ref.id, {"fields": _FIELDS[kind]}, missing="The post is gone.")
        except PlatformFault as trouble:
            if trouble.fault.kind is FaultKind.NOT_FOUND:
                continue
            raise
        values = _counts(body)
        if kind is Kind.POST:
            values |= await read(graph, ref.id, _POST)
        found.append(Metrics(ref.id, values, graph.cx.now()))
    return found


async def account_metrics(graph: Graph, access: Access) -> Metrics:
    """Followers and likes of the page, and the last day's views, viewers and engagements."""
    page = access.account.external_id
    body = await graph.get(page, {"fields": "followers_count,fan_count"})
    named = {"followers": body.get("followers_count"), "likes": body.get("fan_count")}
    values = {name: value for name, value in named.items() if isinstance(value, int)} | await read(graph, page, _PAGE)
    return Metrics(page, values, graph.cx.now())


def _counts(body: Mapping[str, Any]) -> dict[str, int]:
    shares = body.get("shares")
    named = {
        "likes": _total(body, "reactions") if "reactions" in body else body.get("like_count", _total(body, "likes")),
        "comments": body.get("comment_count", _total(body, "comments")),
        # A post that nobody has shared comes without the field.
        "shares": shares.get("count") if isinstance(shares, Mapping) else (0 if "reactions" in body else None),
        "views": body.get("views"),
    }
    return {name: value for name, value in named.items() if isinstance(value, int) and value >= 0}


def _total(body: Mapping[str, Any], name: str) -> Any:
    edge = body.get(name)
    summary = edge.get("summary") if isinstance(edge, Mapping) else None
    return summary.get("total_count") if isinstance(summary, Mapping) else None
