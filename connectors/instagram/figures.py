"""Figures of posts and of the account, under the names that every platform here uses.

Which metrics there are depends on the kind of post, and one that does not fit fails its whole request: so each kind
has its own groups. Source: https://developers.facebook.com/docs/instagram-platform/api-reference/instagram-media/insights
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from connectors.capabilities import FormatKey
from connectors.contract import Access, Metrics, PublishedRef
from connectors.faults import FaultKind, PlatformFault
from connectors.instagram.kinds import COMMENT
from connectors.instagram.publishing import format_of_ref
from connectors.meta.graph import Graph
from connectors.meta.insights import Group, read

_SEEN: Final = Group({"views": "views", "reach": "reach"})
_KEPT: Final = Group({"saved": "saves", "shares": "shares"})
_ALL: Final = Group({"total_interactions": "interactions"})
_FEED: Final = (_SEEN, _KEPT, _ALL, Group({"follows": "new_followers", "profile_visits": "profile_visits"}))
_BY_FORMAT: Final = {
    FormatKey.REEL.value: (_SEEN, _KEPT, _ALL, Group({"ig_reels_avg_watch_time": "average_watch_ms"})),
    FormatKey.STORY.value: (_SEEN, Group({"replies": "replies", "shares": "shares"}), _ALL),
    COMMENT: (),
}
_TOTAL: Final = {"metric_type": "total_value", "period": "day"}
_ACCOUNT: Final = (
    Group({"views": "views", "reach": "reach"}, _TOTAL),
    Group({"accounts_engaged": "accounts_engaged", "total_interactions": "interactions"}, _TOTAL),
    Group({"profile_links_taps": "clicks"}, _TOTAL),
)
_FIELDS: Final = {"like_count": "likes", "comments_count": "comments"}
_OF_ACCOUNT: Final = {"followers_count": "followers", "follows_count": "following", "media_count": "posts"}


async def metrics(graph: Graph, refs: Sequence[PublishedRef]) -> list[Metrics]:
    """The figures of what is still there."""
    found: list[Metrics] = []
    for ref in refs:
        kind = format_of_ref(ref)
        fields = "id,like_count" if kind == COMMENT else "id,like_count,comments_count"
        try:
            body = await graph.get(ref.id, {"fields": fields}, missing="The post is gone.")
        except PlatformFault as trouble:
            if trouble.fault.kind is FaultKind.NOT_FOUND:
                continue
            raise
        values = _named(body, _FIELDS) | await read(graph, ref.id, _BY_FORMAT.get(kind, _FEED))
        found.append(Metrics(ref.id, values, graph.cx.now()))
    return found


async def account_metrics(graph: Graph, access: Access, node: str) -> Metrics:
    """Followers, follows and posts, and the last day's figures. `node` is the account's name in this API."""
    body = await graph.get(node, {"fields": ",".join(_OF_ACCOUNT)})
    account_id = access.account.external_id
    return Metrics(account_id, _named(body, _OF_ACCOUNT) | await read(graph, account_id, _ACCOUNT), graph.cx.now())


def _named(body: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, int]:
    return {ours: body[name] for name, ours in names.items() if isinstance(body.get(name), int) and body[name] >= 0}
