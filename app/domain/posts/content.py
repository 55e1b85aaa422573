"""Content as it is stored: plain JSON of one shape, for a post and for each job.

    {"parts": [{"text": str,
                "media": [{"id": uuid, "alt": str | null}],
                "link": {"url", "title", "description", "image": uuid, where it has one} | null}],
     "languages": [str],
     "options": {platform's own; a file as {"media": uuid}}}

A target's override replaces whole fields of the shared content: parts, languages; options belong to the target.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

Stored = dict[str, Any]


def part(
    text: str = "", media: Sequence[Mapping[str, Any]] = (), link: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """One part."""
    files = [{"id": str(item["id"]), "alt": item.get("alt")} for item in media]
    card = None
    if link is not None:
        card = {"url": link["url"], "title": link.get("title") or "", "description": link.get("description") or ""}
        if link.get("image") is not None:
            card["image"] = str(link["image"])
    return {"text": text, "media": files, "link": card}


def content(parts: Sequence[dict[str, Any]], languages: Sequence[str] = ()) -> Stored:
    """The shared content of a post."""
    return {"parts": list(parts), "languages": list(languages), "options": {}}


def resolve(shared: Stored, override: Mapping[str, Any] | None, options: Mapping[str, Any]) -> Stored:
    """The content for one target: the shared one, with the override's fields in place and the target's options."""
    own = override or {}
    return {
        "parts": own.get("parts") or shared["parts"],
        "languages": own.get("languages") or shared["languages"],
        "options": dict(options),
    }


def media_ids(stored: Stored) -> list[UUID]:
    """The files that a content shows, pictures of cards and those that options name included, in order."""
    return [*(key for one in stored["parts"] for key in part_media_ids(one)), *option_media(stored["options"]).values()]


def option_media(options: Mapping[str, Any]) -> dict[str, UUID]:
    """The files that options name, by the option: a reel's cover, say."""
    return {
        name: UUID(value["media"])
        for name, value in options.items()
        if isinstance(value, Mapping) and value.keys() == {"media"}
    }


def part_media_ids(one: Mapping[str, Any]) -> list[UUID]:
    """The files that one part shows, the picture of its card last."""
    image = card_image(one.get("link"))
    return [*(UUID(item["id"]) for item in one["media"]), *([] if image is None else [image])]


def card_image(link: Mapping[str, Any] | None) -> UUID | None:
    """The file that a stored link shows on its card, if any."""
    return UUID(link["image"]) if link and "image" in link else None
