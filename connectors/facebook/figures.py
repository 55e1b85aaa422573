"""Figures of posts and of the page, under the names of the one vocabulary.

Sources: https://developers.facebook.com/docs/graph-api/reference/insights, .../docs/platforminsights/page
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from connectors.contract import Access, Metrics, PublishedRef
from connectors.facebook.kinds import Kind
from connectors.facebook.metric_table import FIELDS, OF_PAGE, OF_POSTS
from connectors.facebook.posts import kind_of_ref
from connectors.faults import FaultKind, PlatformFault
from connectors.meta.graph import Graph
from connectors.meta.insights import Group, days, named, read
from connectors.metric_names import MetricName, counted

_POST: Final = (
    Group(named(OF_POSTS, MetricName.VIEWS, MetricName.REACH)),
    Group(named(OF_POSTS, MetricName.CLICKS)),
)
_DAY: Final = {"period": "day"}
_PAGE: Final = (
    Group(named(OF_PAGE, MetricName.VIEWS, MetricName.REACH), _DAY),
    Group(named(OF_PAGE, MetricName.ENGAGEMENTS), _DAY),
    Group(named(OF_PAGE, MetricName.NEW_FOLLOWERS), _DAY),
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
        told = await read(graph, ref.id, _POST if kind is Kind.POST else ())
        found.append(Metrics(ref.id, _counts(body) | told.values, graph.cx.now(), told.complete))
    return found


async def account_metrics(graph: Graph, access: Access) -> Metrics:
    """Followers and likes of the page, and the last day's views, viewers and engagements."""
    page = access.account.external_id
    body = await graph.get(page, {"fields": ",".join(FIELDS.values())})
    told = await read(graph, page, _PAGE)
    return Metrics(page, counted(body, FIELDS) | told.values, graph.cx.now(), told.complete)


async def account_history(graph: Graph, access: Access, since: datetime, until: datetime) -> list[Metrics]:
    """The page's figures of each day that ends within a time; at most 90 days are told at once."""
    page = access.account.external_id
    return await days(graph, page, _PAGE, since, until)


def _counts(body: Mapping[str, Any]) -> dict[str, int]:
    shares = body.get("shares")
    found = {
        "likes": _total(body, "reactions") if "reactions" in body else body.get("like_count", _total(body, "likes")),
        "comments": body.get("comment_count", _total(body, "comments")),
        # A post that nobody has shared comes without the field.
        "shares": shares.get("count") if isinstance(shares, Mapping) else (0 if "reactions" in body else None),
        "views": body.get("views"),
    }
    return {name: value for name, value in found.items() if isinstance(value, int) and value >= 0}


def _total(body: Mapping[str, Any], name: str) -> Any:
    edge = body.get(name)
    summary = edge.get("summary") if isinstance(edge, Mapping) else None
    return summary.get("total_count") if isinstance(summary, Mapping) else None
