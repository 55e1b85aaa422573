"""Who is told of what: applications' addresses, their subscriptions to pages and accounts, and what readers write.

An application gives its address for a kind of object once, which is asked at once whether it is the right one. Of an
account it is told what it is subscribed to there, as far as it has an address for that kind of object. An account
behind a page needs the page's subscription besides.
Sources: developers.facebook.com/docs/graph-api/webhooks/getting-started, .../instagram-platform/webhooks.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Any, Final
from urllib.parse import urlencode

import orjson
from starlette.requests import Request

from connectors.sandbox.meta.accounts import Accounts
from connectors.sandbox.meta.calls import Call, Table
from connectors.sandbox.meta.contract import check, check_form
from connectors.sandbox.meta.errors import GraphError, invalid
from connectors.sandbox.meta.fields import SentFile, listed, text
from connectors.sandbox.meta.hosts import FACEBOOK, INSTAGRAM, INSTAGRAM_APP, META_APP, App
from connectors.sandbox.meta.tokens import OWN
from connectors.sandbox.outbound import this_machine
from connectors.sandbox.tables import Row
from connectors.sandbox.world import World

SUBSCRIPTIONS: Final = "meta.subscriptions"
ADDRESSES: Final = "meta.webhooks"
_OBJECT: Final = {FACEBOOK: "page", INSTAGRAM: "instagram"}


async def read(call: Call) -> dict[str, Any]:
    """Which applications are told of a page or an account: only the caller's own is shown here."""
    _checked(call)
    row = _about(call)
    fields = _told(call.meta.world, _app(call), row)
    own = {"app_id" if call.caller.kind == OWN else "id": _app(call).client_id, "subscribed_fields": fields}
    return {"data": [own] if fields else []}


async def subscribe(call: Call) -> dict[str, Any]:
    """Tell the caller's application of these fields, and of no others."""
    _checked(call)
    call.need("pages_manage_metadata", "instagram_business_manage_comments")
    row = _about(call)
    fields = sorted(set(listed(call.text("subscribed_fields"))))
    call.meta.world.tables.put(SUBSCRIPTIONS, _key(_app(call), row), {"fields": fields})
    return {"success": True}


async def unsubscribe(call: Call) -> dict[str, Any]:
    """Tell the caller's application nothing any more."""
    _checked(call)
    call.meta.world.tables.put(SUBSCRIPTIONS, _key(_app(call), _about(call)), {"fields": []})
    return {"success": True}


async def take_address(request: Request, world: World, params: dict[str, str | SentFile]) -> dict[str, Any]:
    """The application's address for a kind of object, by the application's own token."""
    check(request, FACEBOOK, "Application", "subscriptions", params)
    token = request.headers.get("authorization", "").removeprefix("Bearer ") or text(params, "access_token")
    if not hmac.compare_digest(token, f"{META_APP.client_id}|{META_APP.secret}"):
        raise GraphError("This method must be called with an app access token", 15, status=403)
    await give_address(
        world, META_APP, text(params, "object"), text(params, "callback_url"), text(params, "verify_token")
    )
    return {"success": True}


async def give_address(world: World, app: App, about: str, url: str, verify_token: str) -> None:
    """What the console does with an address: ask it, and keep it where it answers as it has to. Raises GraphError."""
    challenge = str(secrets.randbelow(10**10))
    asked = urlencode({"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": verify_token})
    async with this_machine() as http:
        answer = await http.send("GET", f"{url}?{asked}")
    if not answer.ok or answer.body.decode() != challenge:
        raise GraphError("(#2200) Callback verification failed: the URL couldn't be validated", 2200)
    world.tables.put(ADDRESSES, f"{app.client_id}:{about}", {"url": url})


async def comment(world: World, accounts: Accounts, row: Row, author: str, words: str) -> list[int]:
    """A reader comments; gives what each address that was told has answered."""
    number = world.next_micros()
    at = int(world.now().timestamp())
    if row["kind"] == FACEBOOK:
        post = f"{row['id']}_{number}"
        value: dict[str, Any] = {"item": "comment", "verb": "add", "post_id": post, "parent_id": post, "message": words}
        value |= {"comment_id": f"{number}_1", "from": {"id": str(number), "name": author}, "created_time": at}
        told = [META_APP] if "feed" in _told(world, META_APP, row) else []
        field = "feed"
    else:
        value = {"id": str(number), "from": {"id": f"9{number}", "username": author}, "text": words}
        value |= {"media": {"id": f"8{number}", "media_product_type": "FEED"}}
        page = accounts.page_behind(row["id"])
        through = page is not None and _told(world, META_APP, page) and "comments" in _told(world, META_APP, row)
        told = [META_APP] if through else []
        told += [INSTAGRAM_APP] if "comments" in _told(world, INSTAGRAM_APP, row) else []
        field = "comments"
    about = _OBJECT[row["kind"]]
    update = {"id": row["id"], "time": at, "changes": [{"field": field, "value": value}]}
    body = orjson.dumps({"object": about, "entry": [update]})
    places = [(app, world.tables.get(ADDRESSES, f"{app.client_id}:{about}")) for app in told]
    return [await _deliver(app, place["url"], body) for app, place in places if place is not None]


async def _deliver(app: App, url: str, body: bytes) -> int:
    signature = hmac.digest(app.secret.encode(), body, "sha256").hex()
    headers = {"content-type": "application/json", "x-hub-signature-256": f"sha256={signature}"}
    async with this_machine() as http:
        return (await http.send("POST", url, content=body, headers=headers)).status


def _checked(call: Call) -> None:
    row = call.meta.accounts.get(call.node) or {}
    if row.get("kind") == FACEBOOK:
        call.checked(FACEBOOK, "Page", "subscribed_apps")
    elif call.caller.kind == OWN:
        call.checked(INSTAGRAM, "IGUserForIGOnlyAPI", "subscribed_apps")
    elif call.request.method != "POST":
        raise invalid("Unsupported request")
    else:  # the description of accounts behind pages leaves this edge out
        check_form(call.request, INSTAGRAM, "POST IGUser/subscribed_apps", dict(call.params), "subscribed_fields")


def _about(call: Call) -> Row:
    row = call.meta.accounts.get(call.node)
    return call.page() if row is not None and row["kind"] == FACEBOOK else call.instagram()


def _app(call: Call) -> App:
    return INSTAGRAM_APP if call.caller.kind == OWN else META_APP


def _told(world: World, app: App, row: Row) -> list[str]:
    found = world.tables.get(SUBSCRIPTIONS, _key(app, row))
    return list(found["fields"]) if found is not None else []


def _key(app: App, row: Row) -> str:
    return f"{app.client_id}:{row['id']}"


TABLE: Table = {
    (method, kind, "subscribed_apps"): handler
    for kind in ("page", "instagram")
    for method, handler in (("GET", read), ("POST", subscribe), ("DELETE", unsubscribe))
}
