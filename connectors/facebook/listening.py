"""Being told what happens on a page: comments, mentions, and posts that appear."""

from __future__ import annotations

from collections.abc import Collection

from connectors.contract import Access, Context, Subscribed
from connectors.meta.graph import meta_app, page_graph
from connectors.meta.subscriptions import PAGE, PAGE_FIELDS, drop, keep


async def listen(cx: Context, access: Access) -> Subscribed:
    """Subscribe the application to the page."""
    page = access.account.external_id
    anew = await keep(page_graph(cx, access), page, meta_app(cx).client_id, PAGE_FIELDS)
    return Subscribed((f"{PAGE}{page}",), anew)


async def stop(cx: Context, access: Access, to: Collection[str]) -> None:
    """End the subscription."""
    for name in to:
        await drop(page_graph(cx, access), name.removeprefix(PAGE))
