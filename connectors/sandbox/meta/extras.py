"""What a container says beside its file and caption: people, place, cover, sound, trial; checked as Instagram does.

Source: developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media.
"""

from __future__ import annotations

import json
from typing import Any, Final

from connectors.sandbox.meta.calls import Call
from connectors.sandbox.meta.errors import GraphError, invalid
from connectors.sandbox.meta.fields import listed
from connectors.sandbox.meta.files import JPEG, fetched, mime_of

MOST_COLLABORATORS: Final = 3
STRATEGIES: Final = ("MANUAL", "SS_PERFORMANCE")
_REELS_ONLY: Final = ("share_to_feed", "cover_url", "thumb_offset", "audio_name", "trial_params")
_NOT_IN_STORIES: Final = ("collaborators", "location_id")


async def extras(call: Call, kind: str, *, child: bool, moving: bool) -> dict[str, Any]:
    """Everything of that kind that the request says, by parameter. Raises GraphError for what is refused."""
    said: dict[str, Any] = call.given("location_id", "audio_name", "thumb_offset", "share_to_feed")
    for name in _REELS_ONLY if kind != "REELS" else ():
        if call.text(name):
            raise invalid(f"{name} is for reels only")
    for name in _NOT_IN_STORIES if kind == "STORIES" or child else ():
        if call.text(name):
            raise invalid(f"param {name} is not allowed")
    if call.text("location_id") and not call.text("location_id").isdecimal():
        raise invalid("location_id is not the id of a page")
    if call.text("collaborators"):
        said["collaborators"] = listed(call.text("collaborators"))
        if len(said["collaborators"]) > MOST_COLLABORATORS:
            raise invalid("param collaborators is not allowed")
    if call.text("user_tags"):
        said["user_tags"] = _tags(call, kind, moving=moving)
    if call.text("trial_params"):
        said["trial_params"] = _trial(call.text("trial_params"))
    if call.text("cover_url"):
        said["cover"] = await _cover(call)
    return said


def _tags(call: Call, kind: str, *, moving: bool) -> list[dict[str, Any]]:
    if kind == "CAROUSEL":
        raise invalid("user_tags belong to the items of a carousel")
    tags = _parsed(call.text("user_tags"), list)
    placed = kind in ("", "VIDEO") and not moving
    for tag in tags:
        if not isinstance(tag, dict) or not tag.get("username") or not {"username", "x", "y"}.issuperset(tag):
            raise invalid("A tag has a username, x and y")
        place = [tag[axis] for axis in ("x", "y") if axis in tag]
        fits = all(isinstance(share, int | float) and 0 <= share <= 1 for share in place)
        if not fits or len(place) != (2 if placed else 0):
            raise GraphError("The place of a tag is missing or wrong", 100, 2207040)
    return list(tags)


def _trial(given: str) -> str:
    strategy = _parsed(given, dict).get("graduation_strategy")
    if strategy not in STRATEGIES:
        raise invalid("graduation_strategy is MANUAL or SS_PERFORMANCE")
    return str(strategy)


async def _cover(call: Call) -> str:
    """The name of the cover's bytes in the store; an address outside, where the sandbox never goes, as it stands."""
    if call.text("cover_url").startswith("https://"):
        return call.text("cover_url")
    content = await fetched(call.text("cover_url"))
    if content is None:
        words = "The cover could not be fetched from this URI"
        raise GraphError(words, 9004, 2207052, shown=words)
    if mime_of(content) != JPEG:
        raise GraphError("The image format is not supported.", 36001, 2207005, shown="The cover must be JPEG.")
    return call.meta.world.blobs.put(content)


def _parsed(given: str, kind: type) -> Any:
    try:
        found = json.loads(given)
    except ValueError:
        found = None
    if not isinstance(found, kind):
        raise invalid(f"not JSON of the documented form: {given[:80]}")
    return found
