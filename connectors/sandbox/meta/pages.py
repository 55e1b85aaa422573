"""Pages: who manages them, posts, photos, photo stories, comments, figures.

Sources: developers.facebook.com/docs/pages-api, .../graph-api/reference/page/{feed,photos}, .../page-stories-api.
"""

from __future__ import annotations

import json
from typing import Any, Final

from connectors.sandbox.meta.accounts import may
from connectors.sandbox.meta.calls import Call, Table
from connectors.sandbox.meta.contract import top_level
from connectors.sandbox.meta.errors import GraphError, invalid, missing
from connectors.sandbox.meta.fields import SentFile, only
from connectors.sandbox.meta.files import fetched, keep, mime_of
from connectors.sandbox.meta.hosts import FACEBOOK
from connectors.sandbox.meta.things import page_of
from connectors.sandbox.meta.tokens import PAGE
from connectors.sandbox.tables import Row

PHOTOS: Final = "meta.photos"
LONGEST: Final = 63_206
MOST_PHOTOS: Final = 10


async def accounts(call: Call) -> dict[str, Any]:
    """The pages that the person ticked, each with a token of its own."""
    call.checked(FACEBOOK, "User", "accounts")
    call.need("pages_show_list")
    ticked = call.meta.tokens.grant(call.caller.person)["pages"]
    mine = call.meta.accounts.pages_of(call.caller.person)
    rows = [row for row in mine if row["id"] in ticked and not row.get("business")]
    names = top_level(call.text("fields"))
    listed = [only(_page(call, row, with_tasks=True), names) for row in rows]
    return page_of(listed, call.text("limit"), call.text("after"))


async def businesses(call: Call) -> dict[str, Any]:
    """The portfolios through which the person reaches pages."""
    call.checked(FACEBOOK, "User", "businesses")
    call.need("business_management")
    names = top_level(call.text("fields"))
    rows = [only(row, names) for row in call.meta.accounts.businesses_of(call.caller.person)]
    return page_of(rows, call.text("limit"), call.text("after"))


async def business_pages(call: Call) -> dict[str, Any]:
    """The pages that a portfolio owns or works for, those that were ticked."""
    edge = call.request.url.path.rpartition("/")[2]
    call.checked(FACEBOOK, "Business", edge)
    call.need("business_management")
    ticked, names = call.meta.tokens.grant(call.caller.person)["pages"], top_level(call.text("fields"))
    mine = call.meta.accounts.pages_of(call.caller.person)
    rows = [row for row in mine if row["id"] in ticked and row.get("business") == [call.node, edge]]
    return page_of([only(_page(call, row), names) for row in rows], call.text("limit"), call.text("after"))


async def permissions(call: Call) -> dict[str, Any]:
    """What the person has granted and declined."""
    call.checked(FACEBOOK, "User", "permissions")
    grant = call.meta.tokens.grant(call.caller.person)
    rows = [{"permission": name, "status": "granted"} for name in grant["scopes"]]
    rows += [{"permission": name, "status": "declined"} for name in grant["declined"]]
    return page_of(rows, "100", call.text("after"))


async def removed(call: Call) -> dict[str, Any]:
    """The person takes everything back that they have granted: every token of theirs ends."""
    call.checked(FACEBOOK, "User", "permissions")
    call.meta.tokens.set_grant(call.caller.person, (), (), ())
    call.meta.tokens.end_all(call.caller.person, "removed")
    return {"success": True}


async def me(call: Call) -> dict[str, Any]:
    """The person; by a page's token, the page."""
    if call.caller.kind == PAGE:
        call.checked(FACEBOOK, "Page", None)
        return only(_page(call, _row(call, call.caller.subject)), top_level(call.text("fields")))
    call.checked(FACEBOOK, "User", None)
    person = call.meta.accounts.person(call.caller.person) or {}
    return only({"id": call.caller.person, "name": person.get("name")}, top_level(call.text("fields")))


async def page(call: Call) -> dict[str, Any]:
    """One page; its token only for a person who has a task on it."""
    call.checked(FACEBOOK, "Page", None)
    row = call.page()
    return only(_page(call, row), top_level(call.text("fields")))


async def feed(call: Call) -> dict[str, Any]:
    """Publish a text, a link, or photos that were uploaded before."""
    call.checked(FACEBOOK, "Page", "feed")
    call.need("pages_manage_posts")
    row = call.writing(call.page())
    message, link = call.text("message"), call.text("link")
    given = [value for name, value in call.params.items() if name.startswith("attached_media[")]
    photo_ids = [str(json.loads(str(value))["media_fbid"]) for value in given]
    if not (message or link or photo_ids):
        raise invalid("You must provide a message, link or attached_media")
    if len(message) > LONGEST or len(photo_ids) > MOST_PHOTOS:
        raise invalid("The parameter message or attached_media is too long")
    if link.startswith("https://www.facebook.com/"):
        raise GraphError("Invalid link", 100, 1609008)
    media = [_unused(call, photo) for photo in photo_ids]
    thing = call.meta.things.publish(row, "post", message, media=tuple(media), link=link or None, options=_place(call))
    for photo in photo_ids:
        call.meta.world.tables.put(PHOTOS, photo, {**_photo(call, photo), "used": thing.id})
    return {"id": thing.id}


async def photos(call: Call) -> dict[str, Any]:
    """Take a photo by its bytes or its address; published at once unless `published=false`."""
    call.checked(FACEBOOK, "Page", "photos")
    call.need("pages_manage_posts")
    row = call.writing(call.page())
    source = call.params.get("source")
    content = source.content if isinstance(source, SentFile) else await fetched(call.text("url"))
    if content is None:
        raise GraphError("(#389) Unable to fetch video file from URL.", 389)
    mime = mime_of(content)
    if mime is None or not mime.startswith("image/"):
        raise GraphError("(#324) Missing or invalid image file", 324)
    if len(content) > 10_000_000:
        raise GraphError("Your photos couldn't be uploaded", 1, 1366046, shown="Photos should be less than 10 MB.")
    shown = keep(call.meta.world, content, mime, call.text("alt_text_custom"))
    photo_id = str(call.meta.world.next_micros())
    photo = {"id": photo_id, "page": row["id"], "used": None, **shown}
    call.meta.world.tables.put(PHOTOS, photo_id, photo)
    if call.text("published") == "false":
        return {"id": photo_id}
    thing = call.meta.things.publish(row, "post", call.text("message") or call.text("caption"), media=(photo,))
    call.meta.world.tables.put(PHOTOS, photo_id, {**photo, "used": thing.id})
    return {"id": photo_id, "post_id": thing.id}


async def photo_stories(call: Call) -> dict[str, Any]:
    """Show an uploaded photo as a story."""
    call.checked(FACEBOOK, "Page", "photo_stories")
    call.need("pages_manage_posts")
    row, photo_id = call.writing(call.page()), call.text("photo_id")
    photo = _unused(call, photo_id)
    thing = call.meta.things.publish(row, "story", "", media=(photo,))
    call.meta.world.tables.put(PHOTOS, photo_id, {**photo, "used": thing.id})
    return {"success": True, "post_id": thing.id}


def _place(call: Call) -> dict[str, str]:
    """Where a post says that it is: a page's id."""
    if call.text("place") and not call.text("place").isdecimal():
        raise invalid("place is not the id of a page")
    return call.given("place")


def _page(call: Call, row: Row, *, with_tasks: bool = False) -> dict[str, Any]:
    """A page in the API's form. A person gets its token, and a fresh one each time."""
    person = call.caller.person
    token = None
    if call.caller.kind != PAGE and may(row, person, "CREATE_CONTENT"):
        token = call.meta.tokens.issue(PAGE, row["id"], person, seconds=None)
    behind = call.meta.accounts.get(row["instagram"] or "")
    counts = call.meta.things.counts(row["id"])
    linked = {"id": behind["id"], "username": behind["handle"], "name": behind["name"]} if behind else None
    return {
        "id": row["id"],
        "name": row["name"],
        "username": row["handle"],
        "category": "Brand",
        "access_token": token,
        "tasks": row["people"].get(person, []) if with_tasks else None,
        "picture": {"data": {"url": "https://scontent.example/page.jpg", "is_silhouette": False}},
        "instagram_business_account": linked if "instagram_basic" in call.caller.scopes else None,
        "followers_count": counts.get("followers_count", 0),
        "fan_count": counts.get("fan_count", 0),
    }


def _row(call: Call, page_id: str) -> Row:
    row = call.meta.accounts.get(page_id, FACEBOOK)
    if row is None:
        raise missing(page_id)
    return row


def _photo(call: Call, photo_id: str) -> Row:
    row = call.meta.world.tables.get(PHOTOS, photo_id)
    if row is None or row["page"] != call.node:
        raise missing(photo_id)
    return row


def _unused(call: Call, photo_id: str) -> Row:
    row = _photo(call, photo_id)
    if row["used"] is not None:
        raise GraphError("Photos already posted", 100, 1366051)
    return row


TABLE: Table = {
    ("GET", "me", None): me,
    ("GET", "me", "accounts"): accounts,
    ("GET", "me", "permissions"): permissions,
    ("GET", "me", "businesses"): businesses,
    ("GET", "business", "owned_pages"): business_pages,
    ("GET", "business", "client_pages"): business_pages,
    ("DELETE", "me", "permissions"): removed,
    ("GET", "page", None): page,
    ("POST", "page", "feed"): feed,
    ("POST", "page", "photos"): photos,
    ("POST", "page", "photo_stories"): photo_stories,
}
