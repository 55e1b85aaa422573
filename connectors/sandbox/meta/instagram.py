"""Instagram's API on both hosts: containers, publishing, media, comments, figures, the day's allowance.

Sources: developers.facebook.com/docs/instagram-platform/content-publishing, .../instagram-graph-api/reference.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from connectors.sandbox.meta.calls import Call, Table
from connectors.sandbox.meta.containers import CONTAINERS, container_state, make_container
from connectors.sandbox.meta.contract import top_level
from connectors.sandbox.meta.errors import GraphError, invalid, missing
from connectors.sandbox.meta.fields import listed, only
from connectors.sandbox.meta.hosts import INSTAGRAM
from connectors.sandbox.meta.things import COMMENT, Thing, page_of, stamp
from connectors.sandbox.meta.tokens import OWN
from connectors.sandbox.tables import Row

DAY: Final = timedelta(hours=24)
_PRODUCTS: Final = {"reel": "REELS", "story": "STORY"}
_FEED: Final = frozenset({"views", "reach", "likes", "comments", "saved", "shares", "total_interactions", "reposts"})
_METRICS: Final = {
    "photo": _FEED | {"follows", "profile_visits"},
    "carousel": _FEED | {"follows", "profile_visits"},
    "reel": _FEED | {"ig_reels_avg_watch_time", "ig_reels_video_view_total_time"},
    "story": frozenset({"views", "reach", "replies", "shares", "total_interactions", "follows"}),
}


async def account(call: Call) -> dict[str, Any]:
    """The account, by the page's token."""
    call.checked(INSTAGRAM, "IGUser", None)
    call.need("instagram_basic")
    return only(_account(call, call.instagram()), top_level(call.text("fields")))


async def me(call: Call) -> dict[str, Any]:
    """The account, by its own token. `id` is this application's name for it, `user_id` the one of the API."""
    call.checked(INSTAGRAM, "IGUserForIGOnlyAPI", None)
    call.need("", "instagram_business_basic")
    row = call.meta.accounts.get(call.caller.subject, INSTAGRAM)
    if row is None:
        raise missing(call.caller.subject)
    own = {"id": row["app_scoped"], "user_id": row["id"], "account_type": "BUSINESS"}
    return only({**_account(call, row), **own}, top_level(call.text("fields")))


async def make(call: Call) -> dict[str, Any]:
    """A container: of one file, or of the containers of several."""
    _checked(call, "media")
    _may_publish(call)
    return {"id": await make_container(call, call.writing(call.instagram()))}


async def container(call: Call) -> dict[str, Any]:
    """How far a container has come."""
    call.checked(INSTAGRAM, "ShadowIGMediaBuilder", None)
    row = call.meta.world.tables.get(CONTAINERS, call.node)
    if row is None:
        raise missing(call.node)
    return only({"id": call.node, **container_state(call.meta.world, row, look=True)}, top_level(call.text("fields")))


async def publish(call: Call) -> dict[str, Any]:
    """Publish a ready container, once."""
    _checked(call, "media_publish")
    _may_publish(call)
    owner = call.writing(call.instagram())
    row = call.meta.world.tables.get(CONTAINERS, call.text("creation_id"))
    if row is None or row["account"] != owner["id"] or row["child"]:
        raise GraphError("Media not found", 24, 2207006)
    code = container_state(call.meta.world, row)["status_code"]
    if code == "PUBLISHED":
        raise GraphError("The media was published already", 24, 2207006)
    if code == "EXPIRED":
        raise GraphError("The media container has expired", -2, 2207020)
    if code != "FINISHED":
        raise GraphError("Media ID is not available", 9007, 2207027, shown="The media is not ready for publishing.")
    if _used(call, owner) >= call.meta.world.switches.posts_per_day:
        raise GraphError("Application request limit reached", 9, 2207042, status=403)
    media, said = tuple(row["media"]), row["options"]
    thing = call.meta.things.publish(owner, row["kind"], row["caption"], media=media, options=said)
    call.meta.world.tables.put(CONTAINERS, row["id"], {**row, "published": thing.id})
    return {"id": thing.id}


async def limit(call: Call) -> dict[str, Any]:
    """How much of the day's allowance is used."""
    _checked(call, "content_publishing_limit")
    config = {"quota_total": call.meta.world.switches.posts_per_day, "quota_duration": 86_400}
    return {"data": [{"quota_usage": _used(call, call.instagram()), "config": config}]}


async def media(call: Call) -> dict[str, Any]:
    """What stands on the account, newest first; stories have a list of their own."""
    edge = call.request.url.path.rpartition("/")[2]
    _checked(call, edge)
    row = call.instagram()
    kinds = ("story",) if edge == "stories" else ("photo", "reel", "carousel")
    rows = [
        only(_media(call, thing), top_level(call.text("fields"))) for thing in call.meta.things.of(row["id"], *kinds)
    ]
    return page_of(rows, call.text("limit"), call.text("after"))


async def get(call: Call) -> dict[str, Any]:
    """One post or comment."""
    thing = call.thing()
    call.checked(INSTAGRAM, "IGComment" if thing.kind == COMMENT else _node(call, "IGMedia"), None)
    return only(_comment(call, thing) if thing.kind == COMMENT else _media(call, thing), top_level(call.text("fields")))


async def remove(call: Call) -> dict[str, Any]:
    """Take a post or a comment away. Instagram's own sign-in removes comments only."""
    thing = call.thing()
    call.checked(INSTAGRAM, "IGComment" if thing.kind == COMMENT else _node(call, "IGMedia"), None)
    if thing.kind != COMMENT:
        call.need("instagram_manage_contents")
    call.meta.things.delete(thing)
    return {"success": True, "deleted_id": thing.id}


async def comments(call: Call) -> dict[str, Any]:
    """The comments below a post, newest first."""
    thing = call.thing()
    call.checked(INSTAGRAM, _node(call, "IGMedia"), "comments")
    names = top_level(call.text("fields"))
    rows = [only(_comment(call, reply), names) for reply in call.meta.things.replies(thing.id)]
    return page_of(rows, call.text("limit"), call.text("after"))


async def comment(call: Call) -> dict[str, Any]:
    """Write a comment as the account."""
    thing = call.thing()
    call.checked(INSTAGRAM, _node(call, "IGMedia"), "comments")
    call.need("instagram_manage_comments", "instagram_business_manage_comments")
    if not call.text("message").strip():
        raise invalid("message is empty")
    owner = call.writing(call.account_of(thing))
    made = call.meta.things.publish(owner, COMMENT, call.text("message"), reply_to=thing.id)
    if call.text("fields"):  # the comment is there, and the answer says that it is not
        raise GraphError("Unsupported field", 20, 1772107)
    return {"id": made.id}


async def insights(call: Call) -> dict[str, Any]:
    """Figures; a metric that does not fit the kind of post fails the whole call."""
    names = listed(call.text("metric"))
    row = call.meta.accounts.get(call.node, INSTAGRAM)
    if row is not None:
        _checked(call, "insights")
        node = call.instagram()["id"]
    else:
        thing = call.thing()
        call.checked(INSTAGRAM, _node(call, "IGMedia"), "insights")
        node = thing.id
        if not _METRICS.get(thing.kind, frozenset()).issuperset(names):
            raise invalid("Media metric is not supported for this media product type")
    call.need("instagram_manage_insights", "instagram_business_manage_insights")
    counts, end = call.meta.things.counts(node), stamp(call.meta.world.now().isoformat())
    if row is not None and call.text("since"):
        # A time that is asked for: the simulation tells whole days, named by where they end.
        until = datetime.fromtimestamp(int(call.text("until")), UTC)
        counts = call.meta.things.counts_of_day(node, until.date())
    total = call.text("metric_type") == "total_value"
    rows: list[dict[str, Any]] = []
    for name in names:
        value = counts.get(name, 0)
        shown = {"total_value": {"value": value}} if total else {"values": [{"value": value, "end_time": end}]}
        rows.append({"name": name, "period": call.text("period") or "lifetime", "id": f"{node}/{name}", **shown})
    return {"data": rows}


def _account(call: Call, row: Row) -> dict[str, Any]:
    counts = call.meta.things.counts(row["id"])
    return {
        "id": row["id"],
        "username": row["handle"],
        "name": row["name"],
        "profile_picture_url": "https://scontent.example/account.jpg",
        "followers_count": counts.get("followers_count", 0),
        "follows_count": counts.get("follows_count", 0),
        "media_count": len(call.meta.things.of(row["id"])),
    }


def _media(call: Call, thing: Thing) -> dict[str, Any]:
    return {
        "id": thing.id,
        "caption": thing.text or None,
        "permalink": call.meta.things.url(thing),
        "timestamp": stamp(thing.at),
        "media_product_type": _PRODUCTS.get(thing.kind, "FEED"),
        "like_count": call.meta.things.counts(thing.id).get("like_count", 0),
        "comments_count": len(call.meta.things.replies(thing.id)),
    }


def _comment(call: Call, thing: Thing) -> dict[str, Any]:
    likes = call.meta.things.counts(thing.id).get("like_count", 0)
    return {
        "id": thing.id,
        "text": thing.text,
        "timestamp": stamp(thing.at),
        "username": thing.handle,
        "like_count": likes,
    }


def _used(call: Call, row: Row) -> int:
    since = call.meta.world.now() - DAY
    return sum(datetime.fromisoformat(thing.at) > since for thing in call.meta.things.of(row["id"]))


def _may_publish(call: Call) -> None:
    call.need("instagram_content_publish", "instagram_business_content_publish")


def _node(call: Call, name: str) -> str:
    return f"{name}ForIGOnlyAPI" if call.caller.kind == OWN else name


def _checked(call: Call, edge: str) -> None:
    call.checked(INSTAGRAM, _node(call, "IGUser"), edge)


TABLE: Table = {
    ("GET", "instagram", None): account,
    ("GET", "own", None): me,
    ("POST", "instagram", "media"): make,
    ("POST", "instagram", "media_publish"): publish,
    ("GET", "instagram", "content_publishing_limit"): limit,
    ("GET", "instagram", "media"): media,
    ("GET", "instagram", "stories"): media,
    ("GET", "instagram", "insights"): insights,
    ("GET", "container", None): container,
    ("GET", "media", None): get,
    ("DELETE", "media", None): remove,
    ("GET", "media", "comments"): comments,
    ("POST", "media", "comments"): comment,
    ("GET", "media", "insights"): insights,
}
