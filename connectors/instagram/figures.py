"""Figures of posts and of the account, under the names of the one vocabulary.

Which metrics there are depends on the kind of post, and one that does not fit fails its whole request: so each kind
has its own groups. Source: https://developers.facebook.com/docs/instagram-platform/api-reference/instagram-media/insights
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from connectors.capabilities import FormatKey
from connectors.contract import Access, Metrics, PublishedRef
from connectors.faults import FaultKind, PlatformFault
from connectors.instagram.kinds import COMMENT
from connectors.instagram.metric_table import (
    ALL,
    ANSWERED,
    CAME,
    DONE,
    KEPT,
    OF_ACCOUNT,
    OF_POST,
    SEEN,
    TAPPED,
    WATCHED,
)
from connectors.instagram.publishing import format_of_ref
from connectors.meta.graph import Graph
from connectors.meta.insights import Group, named, read
from connectors.metric_names import counted

_SEEN: Final = Group(named(SEEN))
_KEPT: Final = Group(named(KEPT))
_ALL: Final = Group(named(ALL))
_FEED: Final = (_SEEN, _KEPT, _ALL, Group(named(CAME)))
_BY_FORMAT: Final = {
    FormatKey.REEL.value: (_SEEN, _KEPT, _ALL, Group(named(WATCHED))),
    FormatKey.STORY.value: (_SEEN, Group(named(ANSWERED)), _ALL),
    COMMENT: (),
}
_TOTAL: Final = {"metric_type": "total_value", "period": "day"}
_ACCOUNT: Final = tuple(Group(named(names), _TOTAL) for names in (SEEN, DONE, TAPPED))
_DAY: Final = timedelta(days=1)


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
        told = await read(graph, ref.id, _BY_FORMAT.get(kind, _FEED))
        found.append(Metrics(ref.id, counted(body, OF_POST) | told.values, graph.cx.now(), told.complete))
    return found


async def account_metrics(graph: Graph, access: Access, node: str) -> Metrics:
    """Followers, follows and posts, and the last day's figures. `node` is the account's name in this API."""
    body = await graph.get(node, {"fields": ",".join(OF_ACCOUNT.values())})
    account_id = access.account.external_id
    told = await read(graph, account_id, _ACCOUNT)
    return Metrics(account_id, counted(body, OF_ACCOUNT) | told.values, graph.cx.now(), told.complete)


async def account_history(graph: Graph, access: Access, since: datetime, until: datetime) -> list[Metrics]:
    """The account's figures of each whole day of UTC within a time; a day is asked for by itself, as a total."""
    node = access.account.external_id
    start = since.replace(hour=0, minute=0, second=0, microsecond=0)
    start += _DAY * (start < since)
    found: list[Metrics] = []
    while start + _DAY <= until:
        span = {"since": str(int(start.timestamp())), "until": str(int((start + _DAY).timestamp()))}
        told = await read(graph, node, [Group(group.names, {**group.params, **span}) for group in _ACCOUNT])
        found += [Metrics(node, told.values, start + _DAY, told.complete)] if told.values else []
        start += _DAY
    return found
