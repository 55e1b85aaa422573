"""Content: what a post says, and what one platform makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import strawberry

from app.domain.posts.content import card_image, option_media
from schema.media.file import Media
from schema.node import encode
from schema.scalars import URL
from schema.traversal import one


@dataclass(frozen=True, slots=True)
class Shown:
    """The row behind a file in a post: which file it is."""

    media_id: UUID


@strawberry.type(description="A file as a post shows it.")
class ContentMedia:
    """One file of a part."""

    row: strawberry.Private[Shown]
    media_id: strawberry.ID = strawberry.field(description="The id of the file.")
    alt: str | None = strawberry.field(description="The description of the file in this post, where it has its own.")
    media: Media | None = one(
        "media", by="media_id", into="schema.media.file:Media", description="The file; null when it was deleted."
    )


@dataclass(frozen=True, slots=True)
class Pictured:
    """The row behind a card: which file is its picture, if it has one."""

    image: UUID | None


@strawberry.type(description="A link that is shown as a card.")
class Link:
    """A link."""

    row: strawberry.Private[Pictured]
    url: URL = strawberry.field(description="Where it leads.")
    title: str = strawberry.field(description="The card's title; may be empty.")
    description: str = strawberry.field(description="The card's text; may be empty.")
    image_media_id: strawberry.ID | None = strawberry.field(description="The id of the card's picture, if it has one.")
    image: Media | None = one(
        "media",
        by="image",
        into="schema.media.file:Media",
        description="The card's picture; null when it has none or it was deleted.",
    )

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Link:
        """A stored link."""
        image = card_image(stored)
        return cls(
            row=Pictured(image),
            url=URL(stored["url"]),
            title=stored["title"],
            description=stored["description"],
            image_media_id=None if image is None else encode("Media", image),
        )


@strawberry.type(description="One part of a post: the only one, or one of a thread.")
class ContentPart:
    """A part."""

    text: str = strawberry.field(description="The text; may be empty.")
    media: list[ContentMedia] = strawberry.field(description="The files, in order.")
    link: Link | None = strawberry.field(description="The link that is shown as a card, if any.")

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> ContentPart:
        """A stored part."""
        return cls(
            text=stored["text"],
            media=[
                ContentMedia(row=Shown(UUID(item["id"])), media_id=encode("Media", UUID(item["id"])), alt=item["alt"])
                for item in stored["media"]
            ],
            link=Link.of(stored["link"]) if stored["link"] else None,
        )


@strawberry.type(description="The value of one option of a platform.")
class ContentOption:
    """An option that was set."""

    name: str = strawberry.field(description="The option's name, as in `Platform.options`.")
    value: str = strawberry.field(description="Its value; a structured one as JSON, a file by its id.")


@strawberry.type(description="What a post says.")
class Content:
    """Content as it is stored."""

    text: str = strawberry.field(description="The text of the first part.")
    parts: list[ContentPart] = strawberry.field(description="Every part; more than one make a thread.")
    languages: list[str] = strawberry.field(description="The languages of the text as BCP 47 tags.")
    options: list[ContentOption] = strawberry.field(
        description="The platform's own options; empty on a post, because they belong to a target."
    )

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Content:
        """Stored content."""
        return cls(
            text=stored["parts"][0]["text"],
            parts=[ContentPart.of(part) for part in stored["parts"]],
            languages=stored["languages"],
            options=[
                ContentOption(name=key, value=as_text(value)) for key, value in shown_options(stored["options"]).items()
            ],
        )


def shown_options(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Stored options, with the API's id in place of each file."""
    return {**stored, **{name: encode("Media", key) for name, key in option_media(stored).items()}}


def as_text(value: Any) -> str:
    """A JSON value as text: strings as they are."""
    return value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
