"""Being told what happens on an Instagram account: comments and mentions.

Through a page two subscriptions are made: the page's, without which nothing is sent, and the account's own. The second
one is not among Meta's described interfaces for that login: where it is refused, the answer is kept as a doubt, and
nobody ends it.
Source: https://developers.facebook.com/docs/instagram-platform/webhooks
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from connectors.contract import Access, Context, Subscribed
from connectors.faults import Fault, FaultKind, PlatformFault
from connectors.instagram.login import own_app, own_graph
from connectors.instagram.rules import INSTAGRAM as RULES
from connectors.meta.faults import refused
from connectors.meta.graph import meta_app, page_graph
from connectors.meta.pages import PAGE_ID
from connectors.meta.subscriptions import BY_PAGE_FIELDS, OWN_FIELDS, PAGE, PAGE_FIELDS, drop, keep, subscribe

OWN: Final = "instagram:"
_REFUSES_THE_ACCOUNT: Final = frozenset(
    {FaultKind.INVALID_CONTENT, FaultKind.PERMISSION_MISSING, FaultKind.ACCOUNT_GONE, FaultKind.UNEXPECTED_ANSWER}
)


async def listen_by_page(cx: Context, access: Access) -> Subscribed:
    """Subscribe the application to the page and to the account behind it."""
    held, account = access.tokens.extra.get(PAGE_ID), access.account.external_id
    if held is None:
        raise refused(FaultKind.AUTH_EXPIRED, "It is not known which page the account belongs to.", "Connect again.")
    page, graph = held.reveal(), page_graph(cx, access, RULES)
    anew = await keep(graph, page, meta_app(cx).client_id, PAGE_FIELDS)
    doubt: Fault | None = None
    try:
        await subscribe(graph, account, BY_PAGE_FIELDS)
    except PlatformFault as trouble:
        if trouble.fault.kind not in _REFUSES_THE_ACCOUNT:
            raise
        doubt = trouble.fault
    return Subscribed((f"{PAGE}{page}",), anew, doubt)


async def listen_by_itself(cx: Context, access: Access) -> Subscribed:
    """Subscribe the Instagram application to the account."""
    account = access.account.external_id
    anew = await keep(own_graph(cx, access.tokens.access), account, own_app(cx).client_id, OWN_FIELDS)
    return Subscribed((f"{OWN}{account}",), anew)


async def stop(cx: Context, access: Access, to: Collection[str]) -> None:
    """End these subscriptions."""
    for name in to:
        own = name.startswith(OWN)
        graph = own_graph(cx, access.tokens.access) if own else page_graph(cx, access, RULES)
        await drop(graph, name.rpartition(":")[2])
