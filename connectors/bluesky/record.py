"""Builds the records of a publication. Pure: the same task and checkpoint give the same bytes.

Nothing here may depend on the present time or on anything looked up: a repeated sending has to be recognised by
the server as the record that it already has. Forms: `app.bsky.feed.post`, `app.bsky.feed.threadgate`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.bluesky.keys import record_key
from connectors.bluesky.names import POST, THREADGATE, RecordAddress
from connectors.bluesky.text import facets
from connectors.capabilities import MediaKind
from connectors.contract import Link, Media, Part, PublishedRef, PublishTask
from connectors.faults import HINTS, Fault, FaultKind, PlatformFault

Blobs = Mapping[str, Mapping[str, Any]]
"""The server's own description of each uploaded file, by `Media.id`."""

REPLY_RULES: Mapping[str, tuple[str, ...]] = {
    "followers": ("followerRule",),
    "following": ("followingRule",),
    "mentioned": ("mentionRule",),
    "nobody": (),
}
"""The option `reply` as rules of a thread gate; `everybody` needs no gate."""


def address(did: str, task: PublishTask) -> RecordAddress:
    """Where the post of this task stands or will stand."""
    return RecordAddress(did, POST, record_key(task.attempt_key, task.composed_at, task.position))


def post(task: PublishTask, blobs: Blobs, dids: Mapping[str, str | None]) -> dict[str, Any]:
    """The post's record. `blobs` and `dids` (who is behind each mentioned handle) come from the checkpoint."""
    record: dict[str, Any] = {
        "$type": POST,
        "text": task.part.text,
        "createdAt": timestamp(task.composed_at),
    }
    if task.languages:
        record["langs"] = list(task.languages)
    if found := facets(task.part.text, dids):
        record["facets"] = found
    if embed := _embed(task.part, blobs):
        record["embed"] = embed
    if task.parent is not None:
        record["reply"] = {"root": _strong_ref(task.root or task.parent), "parent": _strong_ref(task.parent)}
    return record


def gate(did: str, task: PublishTask) -> dict[str, Any] | None:
    """The record that says who may reply; None where everybody may, and for replies (their root decides)."""
    rules = REPLY_RULES.get(str(task.options.get("reply", "everybody")))
    if rules is None or task.parent is not None:
        return None
    return {
        "$type": THREADGATE,
        "post": str(address(did, task)),
        "allow": [{"$type": f"{THREADGATE}#{rule}"} for rule in rules],
        "createdAt": timestamp(task.composed_at),
    }


def gate_of(post_address: RecordAddress) -> RecordAddress:
    """Where the thread gate of a post stands: the same key in a collection of its own."""
    return RecordAddress(post_address.did, THREADGATE, post_address.key)


def timestamp(moment: datetime) -> str:
    """A moment as the protocol writes it: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _embed(part: Part, blobs: Blobs) -> dict[str, Any] | None:
    if part.media and part.media[0].kind is MediaKind.VIDEO:
        return _video(part.media[0], blobs)
    if part.media:
        return {"$type": "app.bsky.embed.images", "images": [_image(item, blobs) for item in part.media]}
    return _card(part.link, blobs) if part.link else None


def _image(item: Media, blobs: Blobs) -> dict[str, Any]:
    return {"alt": item.alt, "image": _blob(item, blobs), **_shape(item)}


def _video(item: Media, blobs: Blobs) -> dict[str, Any]:
    described = {"alt": item.alt} if item.alt else {}
    return {"$type": "app.bsky.embed.video", "video": _blob(item, blobs), **described, **_shape(item)}


def _card(link: Link, blobs: Blobs) -> dict[str, Any]:
    card: dict[str, Any] = {"uri": link.url, "title": link.title or link.url, "description": link.description}
    if link.thumbnail is not None:
        card["thumb"] = _blob(link.thumbnail, blobs)
    return {"$type": "app.bsky.embed.external", "external": card}


def _shape(item: Media) -> dict[str, Any]:
    """Width to height, so that readers reserve the right room before the file has loaded."""
    return {"aspectRatio": {"width": item.width, "height": item.height}} if item.width and item.height else {}


def _blob(item: Media, blobs: Blobs) -> dict[str, Any]:
    blob = blobs.get(item.id)
    if blob is None:
        raise PlatformFault(
            Fault(
                FaultKind.INVALID_MEDIA,
                "A file of the post has not been uploaded.",
                HINTS[FaultKind.INVALID_MEDIA],
            )
        )
    return dict(blob)


def _strong_ref(ref: PublishedRef) -> dict[str, str]:
    cid = ref.extra.get("cid")
    if not cid:
        raise PlatformFault(
            Fault(
                FaultKind.INVALID_CONTENT,
                "The post that is answered is known by its address only, not by its content (cid).",
                "Publish the thread again from its first part.",
            )
        )
    return {"uri": ref.id, "cid": cid}
