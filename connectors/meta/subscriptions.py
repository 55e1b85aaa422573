"""Subscriptions of our Meta applications: to a page or an account, and the application's own to a kind of object.

The call that subscribes replaces the list of fields. So the list is read first, and what somebody else has had our
application told of stays in it.
Sources: https://developers.facebook.com/docs/graph-api/webhooks/getting-started/webhooks-for-pages,
https://developers.facebook.com/docs/instagram-platform/webhooks,
https://developers.facebook.com/docs/graph-api/reference/app/subscriptions/
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from connectors.contract import Context
from connectors.faults import FaultKind, PlatformFault
from connectors.meta.faults import lacking, refused
from connectors.meta.graph import Graph, meta_app
from connectors.secret import Secret

PAGE_FIELDS: Final = ("feed", "mention")
"""What the parser understands of a page (`connectors.meta.webhooks`)."""
BY_PAGE_FIELDS: Final = ("comments", "mentions")
"""Of an Instagram account behind a page, as far as an account can be subscribed to there."""
OWN_FIELDS: Final = ("comments", "live_comments", "mentions")
"""Of an account that signed in with Instagram itself."""
OBJECTS: Final[Mapping[str, tuple[str, ...]]] = {
    "page": PAGE_FIELDS,
    "instagram": ("comments", "live_comments", "mentions", "story_insights"),
}
"""What the application is told of, by the kind of object: an account's subscription brings no more than this."""
PAGE: Final = "meta:page:"
"""Begins the name of a page's subscription: the page and the Instagram account behind it share it."""
_GONE: Final = "It is not there any more."


async def keep(graph: Graph, node: str, app_id: str, fields: Sequence[str]) -> bool:
    """Subscribe the application to a page or an account where it is not; gives whether it was not."""
    there = await _fields(graph, node, app_id)
    if there.issuperset(fields):
        return False
    await subscribe(graph, node, sorted({*there, *fields}))
    return True


async def subscribe(graph: Graph, node: str, fields: Sequence[str]) -> None:
    """Subscribe the application to exactly these fields."""
    said = await graph.post(f"{node}/subscribed_apps", {"subscribed_fields": ",".join(fields)})
    if said.get("success") is not True:
        raise lacking("Meta did not confirm that it will tell what happens there.", effect=False)


async def drop(graph: Graph, node: str) -> None:
    """End the application's subscription to a page or an account; what is not there is ended already."""
    try:
        await graph.delete(f"{node}/subscribed_apps", missing=_GONE)
    except PlatformFault as trouble:
        if trouble.fault.kind is not FaultKind.NOT_FOUND:
            raise


async def subscribe_app(cx: Context, about: str, address: str, verify_token: Secret) -> None:
    """Give the Meta application our address for a kind of object (`OBJECTS`). Meta asks the address at once.

    Raises `PlatformFault` where the address did not answer as it has to, or Meta refuses.
    """
    app = meta_app(cx)
    secret = app.client_secret.reveal() if app.client_secret else ""
    form = {
        "object": about,
        "callback_url": address,
        "verify_token": verify_token.reveal(),
        "fields": ",".join(OBJECTS[about]),
        "include_values": "true",
    }
    # The application's own token; its calls need no proof of the secret, which the token holds.
    said = await Graph(cx, Secret(f"{app.client_id}|{secret}")).post(f"{app.client_id}/subscriptions", form)
    if said.get("success") is not True:
        raise refused(FaultKind.UNEXPECTED_ANSWER, "Meta did not confirm the address for webhooks.")


async def _fields(graph: Graph, node: str, app_id: str) -> set[str]:
    """What our application is told of there; nothing where it is not subscribed."""
    said = await graph.get(f"{node}/subscribed_apps")
    rows = said.get("data")
    mine = [row for row in rows if _app_of(row) == app_id] if isinstance(rows, list) else []
    return {str(name) for row in mine for name in _listed(row.get("subscribed_fields"))}


def _app_of(row: Any) -> str | None:
    # Pages give applications as they are, accounts give rows that name one.
    return str(row.get("app_id") or row.get("id")) if isinstance(row, dict) else None


def _listed(given: Any) -> Collection[Any]:
    return given if isinstance(given, list) else ()
