"""How many posts the account may still publish today, read before one is prepared.

The total differs between accounts and between Meta's pages, so it is read and never assumed. A carousel counts once.
Source: https://developers.facebook.com/docs/instagram-platform/content-publishing (rate limit)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from connectors.contract import QuotaFigure
from connectors.faults import HINTS, Fault, FaultKind, PlatformFault
from connectors.instagram.rules import QUOTA_WAIT
from connectors.meta.graph import Graph

POSTS: Final = "posts"
"""The allowance that the figures are of, as the capabilities name it."""


async def refuse_used_up(graph: Graph, account: str) -> None:
    """Tell the figures, and raise `PlatformFault` (QUOTA_EXHAUSTED, with a wait) where nothing is left.

    A figure that is missing passes.
    """
    body = await graph.get(f"{account}/content_publishing_limit", {"fields": "quota_usage,config"})
    rows = body.get("data")
    row = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], Mapping) else {}
    config = row.get("config")
    total = config.get("quota_total") if isinstance(config, Mapping) else None
    used = row.get("quota_usage")
    if isinstance(total, int) and isinstance(used, int):
        graph.cx.told(QuotaFigure(POSTS, used, total))
    if isinstance(total, int) and isinstance(used, int) and used >= total:
        kind = FaultKind.QUOTA_EXHAUSTED
        message = f"The account has published {used} posts in a day; Instagram allows {total}."
        raise PlatformFault(Fault(kind, message, HINTS[kind], retry_after=QUOTA_WAIT))
