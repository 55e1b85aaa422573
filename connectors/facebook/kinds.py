"""What a part becomes on Facebook, and where its parts stand in a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from connectors.capabilities import FormatKey, MediaKind
from connectors.contract import Part, PublishTask
from connectors.preflight import format_of

KIND: Final = "kind"
"""Name in `PublishedRef.extra`: which `Kind` the thing is."""
PHOTOS: Final = "photos"
VIDEO: Final = "video"


class Kind(StrEnum):
    """A thing on Facebook."""

    POST = "post"
    """Text, link or photos in the page's feed."""
    VIDEO = "video"
    REEL = "reel"
    PHOTO_STORY = "photo_story"
    VIDEO_STORY = "video_story"
    COMMENT = "comment"
    """A later part: a comment below the first one."""


def kind_of(task: PublishTask) -> Kind:
    """What the task's part becomes."""
    if task.position > 0:
        return Kind.COMMENT
    moving = any(item.kind is MediaKind.VIDEO for item in task.part.media)
    match task.options.get("format"):
        case "reel":
            return Kind.REEL
        case "story":
            return Kind.VIDEO_STORY if moving else Kind.PHOTO_STORY
        case _:
            return Kind.VIDEO if moving else Kind.POST


def format_at(part: Part, position: int, options: Mapping[str, Any]) -> FormatKey:
    """The declared format of a part at its place."""
    if position > 0:
        return FormatKey.THREAD
    chosen = {"reel": FormatKey.REEL, "story": FormatKey.STORY}.get(str(options.get("format")))
    return chosen or format_of(part)


def photo_ids(task: PublishTask) -> list[str]:
    """Facebook's ids of the part's photos, in the part's order, as `prepare` has saved them."""
    saved: Mapping[str, Mapping[str, str]] = task.checkpoint.get(PHOTOS, {})
    return [saved[item.id]["id"] for item in task.part.media if item.id in saved]


def video_id(task: PublishTask) -> str | None:
    """Facebook's id of the part's video, where its upload has begun."""
    saved = task.checkpoint.get(VIDEO)
    return str(saved["id"]) if isinstance(saved, Mapping) and "id" in saved else None
