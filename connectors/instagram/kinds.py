"""What a part becomes on Instagram."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from connectors.capabilities import FormatKey, MediaKind
from connectors.contract import Part

FORMAT: Final = "format"
"""Name in `PublishedRef.extra`: the format of the post, or `comment`."""
COMMENT: Final = "comment"


def format_at(part: Part, position: int, options: Mapping[str, Any]) -> FormatKey:
    """The format of a part at its place. There are no videos in the feed but reels, and no posts without a file."""
    if position > 0:
        return FormatKey.THREAD
    chosen = {"reel": FormatKey.REEL, "story": FormatKey.STORY}.get(str(options.get("format")))
    if chosen is not None:
        return chosen
    if len(part.media) > 1:
        return FormatKey.CAROUSEL
    if not part.media:
        return FormatKey.LINK if part.link is not None else FormatKey.TEXT
    return FormatKey.IMAGE if part.media[0].kind is MediaKind.IMAGE else FormatKey.REEL


def caption_of(part: Part) -> str:
    """The text as it goes out: a link's address stands in it, since Instagram has no cards."""
    url = part.link.url if part.link is not None else ""
    if not url or url in part.text:
        return part.text
    return f"{part.text}\n\n{url}" if part.text.strip() else url
