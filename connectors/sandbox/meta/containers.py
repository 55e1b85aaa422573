"""Containers: drafts that Instagram makes from files that it fetches, with their life of a day.

Source: developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from connectors.sandbox.meta.calls import Call
from connectors.sandbox.meta.errors import GraphError, invalid
from connectors.sandbox.meta.extras import extras
from connectors.sandbox.meta.fields import listed
from connectors.sandbox.meta.files import JPEG, fetched, keep, mime_of
from connectors.sandbox.tables import Row
from connectors.sandbox.world import World

CONTAINERS: Final = "meta.containers"
LIFE: Final = timedelta(hours=24)
LONGEST_CAPTION: Final = 2_200
_KINDS: Final = {"": "photo", "REELS": "reel", "STORIES": "story", "CAROUSEL": "carousel", "VIDEO": "video"}


async def make_container(call: Call, account: Row) -> str:
    """Make one; gives its id. Raises GraphError for what Instagram refuses at once."""
    world, kind, child = call.meta.world, call.text("media_type"), call.text("is_carousel_item") == "true"
    if kind not in _KINDS or (kind == "VIDEO" and not child):
        raise GraphError("Invalid media type", 100, 2207023)
    caption = call.text("caption")
    if len(caption) > LONGEST_CAPTION:
        raise GraphError("The caption is too long", 36004, 2207010)
    if caption and (child or kind == "STORIES"):
        raise invalid("caption is not allowed here")
    if call.text("alt_text") and kind in ("REELS", "STORIES", "CAROUSEL"):
        raise invalid("alt_text is not allowed for this media type")
    media = _children(call, account) if kind == "CAROUSEL" else [await _file(call)]
    always = world.switches.media_processing
    moving = any(item["mime"].startswith("video/") for item in media) and kind != "CAROUSEL"
    said = await extras(call, kind, child=child, moving=moving)
    slow = always == "always" or (always == "video" and moving)
    row = {
        "id": str(world.next_micros()),
        "account": account["id"],
        "kind": _KINDS[kind],
        "child": child,
        "caption": caption,
        "media": media,
        "options": said if kind != "CAROUSEL" else {**said, **_tagged(call)},
        "polls_left": world.switches.media_polls if slow else 0,
        "made": world.now().isoformat(),
        "published": None,
    }
    world.tables.put(CONTAINERS, row["id"], row)
    return str(row["id"])


def container_state(world: World, row: Row, *, look: bool = False) -> dict[str, str]:
    """`status_code` and `status`; with `look` it counts as one of the looks that processing takes."""
    if row["published"]:
        return _state("PUBLISHED", "Media has been published.")
    if datetime.fromisoformat(row["made"]) + LIFE <= world.now():
        return _state("EXPIRED", "Media has expired.")
    if row["polls_left"]:
        if look:
            world.tables.put(CONTAINERS, row["id"], {**row, "polls_left": row["polls_left"] - 1})
        return _state("IN_PROGRESS", "Media is still being processed.")
    if any(item["mime"] == "" for item in row["media"]):
        return _state("ERROR", "Error: Media upload has failed with error code 2207026")
    return _state("FINISHED", "Finished: Media has been uploaded and it is ready to be published.")


async def _file(call: Call) -> dict[str, Any]:
    """The file that Instagram fetches. What is wrong with a video shows only when it is processed."""
    image, video = call.text("image_url"), call.text("video_url")
    if bool(image) == bool(video):
        raise GraphError("Only photo or video can be accepted as media type.", 9004, 2207052)
    content = await fetched(image or video)
    if content is None:
        words = "The media could not be fetched from this URI"
        raise GraphError(words, 9004, 2207052, shown=words)
    mime = mime_of(content) or ""
    if image and mime != JPEG:
        raise GraphError("The image format is not supported.", 36001, 2207005, shown="Image must be JPEG.")
    return keep(call.meta.world, content, mime if image or mime.startswith("video/") else "", call.text("alt_text"))


def _children(call: Call, account: Row) -> list[dict[str, Any]]:
    ids = listed(call.text("children"))
    if not 2 <= len(ids) <= 10:
        raise GraphError("A carousel has 2 to 10 children", 100, 2207028)
    rows = [call.meta.world.tables.get(CONTAINERS, child) for child in ids]
    found = [row for row in rows if row and row["child"] and row["account"] == account["id"]]
    if len(found) != len(ids) or any(
        container_state(call.meta.world, row)["status_code"] != "FINISHED" for row in found
    ):
        raise GraphError("Media ID is not available", 9007, 2207027)
    return [row["media"][0] for row in found]


def _tagged(call: Call) -> dict[str, Any]:
    """The people in the items of a carousel, item by item."""
    rows = [call.meta.world.tables.get(CONTAINERS, child) or {} for child in listed(call.text("children"))]
    tags = [row["options"].get("user_tags", []) for row in rows]
    return {"user_tags": tags} if any(tags) else {}


def _state(code: str, words: str) -> dict[str, str]:
    return {"status_code": code, "status": words}
