"""What is out on pages: lists, single posts, comments, edits, deletions, figures.

Sources: developers.facebook.com/docs/graph-api/reference/{page-post,object/comments,insights}.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from connectors.sandbox.meta.calls import Call, Table
from connectors.sandbox.meta.contract import top_level
from connectors.sandbox.meta.errors import invalid
from connectors.sandbox.meta.fields import listed, only
from connectors.sandbox.meta.hosts import FACEBOOK
from connectors.sandbox.meta.pages import PHOTOS
from connectors.sandbox.meta.things import COMMENT, Thing, page_of, stamp

_METRICS: Final = frozenset({
    "page_media_view", "page_total_media_view_unique", "page_post_engagements", "page_daily_follows_unique",
    "post_media_view", "post_total_media_view_unique", "post_clicks",
})  # fmt: skip
_MOST_DAYS: Final = timedelta(days=90)
_NODES: Final = {"post": "PagePost", "story": "PagePost", "video": "AdVideo", "reel": "AdVideo", COMMENT: "Comment"}


async def published_posts(call: Call) -> dict[str, Any]:
    """The page's posts, newest first."""
    call.checked(FACEBOOK, "Page", "published_posts")
    call.need("pages_read_engagement")
    row = call.page()
    since = float(call.text("since") or "0")
    names = top_level(call.text("fields"))
    found = [thing for thing in call.meta.things.of(row["id"], "post") if _after(thing, since)]
    rows = [only(_post(call, thing), names) for thing in found]
    return page_of(rows, call.text("limit"), call.text("after"))


async def get(call: Call) -> dict[str, Any]:
    """One post or comment."""
    thing = call.thing()
    call.checked(FACEBOOK, _NODES[thing.kind], None)
    call.need("pages_read_engagement")
    return only(_comment(call, thing) if thing.kind == COMMENT else _post(call, thing), top_level(call.text("fields")))


async def change(call: Call) -> dict[str, Any]:
    """Another text for a post, a video or a comment."""
    thing = call.thing()
    call.checked(FACEBOOK, _NODES[thing.kind], None)
    call.need("pages_manage_engagement" if thing.kind == COMMENT else "pages_manage_posts")
    name = "description" if thing.kind in ("video", "reel") else "message"
    call.meta.things.edit(thing, call.text(name))
    return {"success": True}


async def remove(call: Call) -> dict[str, Any]:
    """Take it away."""
    thing = call.thing()
    call.checked(FACEBOOK, _NODES[thing.kind], None)
    call.need("pages_manage_engagement" if thing.kind == COMMENT else "pages_manage_posts")
    call.meta.things.delete(thing)
    return {"success": True}


async def comments(call: Call) -> dict[str, Any]:
    """The comments below a post or a video, newest first."""
    thing = call.thing()
    call.checked(FACEBOOK, _NODES[thing.kind], "comments")
    call.need("pages_read_engagement")
    since = float(call.text("since") or "0")
    found = [reply for reply in call.meta.things.replies(thing.id) if _after(reply, since)]
    rows = [only(_comment(call, reply), top_level(call.text("fields"))) for reply in found]
    return page_of(rows, call.text("limit"), call.text("after"))


async def comment(call: Call) -> dict[str, Any]:
    """Write a comment as the page."""
    thing = call.thing()
    call.checked(FACEBOOK, _NODES[thing.kind], "comments")
    call.need("pages_manage_engagement")
    account = call.writing(call.account_of(thing))
    photo = call.meta.world.tables.get(PHOTOS, call.text("attachment_id"))
    if not call.text("message").strip() and photo is None:
        raise invalid("A comment needs a message or an attachment")
    number = call.meta.world.next_micros()
    media = (photo,) if photo is not None else ()
    made = call.meta.things.publish(
        account,
        COMMENT,
        call.text("message"),
        id=f"{thing.id.rpartition('_')[2]}_{number}",
        media=media,
        reply_to=thing.id,
    )
    return {"id": made.id}


async def insights(call: Call) -> dict[str, Any]:
    """Figures of the page or of a post; a metric that there is not fails the whole call."""
    of_page = call.meta.accounts.get(call.node, FACEBOOK) is not None
    call.checked(FACEBOOK, "Page" if of_page else "PagePost", "insights")
    call.need("read_insights")
    node = call.page()["id"] if of_page else call.thing().id
    names = listed(call.text("metric"))
    if not names or not _METRICS.issuperset(names):
        raise invalid("The value must be a valid insights metric")
    counts, end = call.meta.things.counts(node), stamp(call.meta.world.now().isoformat())
    days = [(call.meta.things.counts_of_day(node, day.date()), stamp(day.isoformat())) for day in _days(call)]
    rows = [
        {"name": name, "period": call.text("period") or "lifetime", "id": f"{node}/insights/{name}"}
        | {"values": [{"value": of.get(name, 0), "end_time": at} for of, at in days or [(counts, end)]]}
        for name in names
    ]
    return {"data": rows}


def _days(call: Call) -> list[datetime]:
    """The ends of the days that are asked for; Facebook's days end when it is midnight on the Pacific coast."""
    if not call.text("since"):
        return []
    since, until = (datetime.fromtimestamp(int(call.text(name)), UTC) for name in ("since", "until"))
    if until - since > _MOST_DAYS:
        raise invalid("There cannot be more than 90 days between since and until")
    first = since.replace(hour=8, minute=0, second=0, microsecond=0)
    ends = [first + timedelta(days=number) for number in range(_MOST_DAYS.days + 2)]
    return [end for end in ends if since < end <= until]


def _post(call: Call, thing: Thing) -> dict[str, Any]:
    counts = call.meta.things.counts(thing.id)
    shared = counts.get("shares", 0)
    return {
        "id": thing.id,
        "message": thing.text or None,
        "created_time": stamp(thing.at),
        "permalink_url": call.meta.things.url(thing),
        "is_published": True,
        "attachments": _attachments(thing),
        "shares": {"count": shared} if shared else None,
        "comments": _summary(len(call.meta.things.replies(thing.id))),
        "reactions": _summary(counts.get("reactions", 0)),
    }


def _comment(call: Call, thing: Thing) -> dict[str, Any]:
    counts = call.meta.things.counts(thing.id)
    return {
        "id": thing.id,
        "message": thing.text,
        "created_time": stamp(thing.at),
        "from": {"id": thing.owner, "name": thing.handle},
        "permalink_url": call.meta.things.url(thing),
        "like_count": counts.get("like_count", 0),
        "comment_count": counts.get("comment_count", 0),
    }


def _attachments(thing: Thing) -> dict[str, Any] | None:
    photos = [{"media_type": "photo", "target": {"id": item["id"]}} for item in thing.media]
    if len(photos) > 1:
        return {"data": [{"media_type": "album", "target": {"id": thing.id}, "subattachments": {"data": photos}}]}
    if thing.link:
        return {"data": [{"media_type": "link", "target": {"url": thing.link}}]}
    return {"data": photos} if photos else None


def _summary(total: int) -> dict[str, Any]:
    return {"data": [], "summary": {"total_count": total}}


def _after(thing: Thing, since: float) -> bool:
    return datetime.fromisoformat(thing.at).timestamp() >= since


TABLE: Table = {
    ("GET", "page", "published_posts"): published_posts,
    ("GET", "page", "insights"): insights,
    ("GET", "post", None): get,
    ("POST", "post", None): change,
    ("DELETE", "post", None): remove,
    ("GET", "post", "comments"): comments,
    ("POST", "post", "comments"): comment,
    ("GET", "post", "insights"): insights,
    ("POST", "video", None): change,
    ("DELETE", "video", None): remove,
    ("GET", "video", "comments"): comments,
    ("POST", "video", "comments"): comment,
}
