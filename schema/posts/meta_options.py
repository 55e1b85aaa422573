"""Facebook's and Instagram's own options of a post."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import strawberry

from schema.node import decode
from schema.words import offer


class MetaFormat(StrEnum):
    """Where a post appears."""

    POST = "post"
    """On the page, or in the feed. A video on Instagram is a reel anyway."""
    REEL = "reel"
    """As a reel."""
    STORY = "story"
    """As a story, for a day."""


class InstagramTrial(StrEnum):
    """How a trial reel leaves its trial."""

    MANUAL = "MANUAL"
    """By hand, in Instagram."""
    SS_PERFORMANCE = "SS_PERFORMANCE"
    """By itself, when it does well."""


offer(MetaFormat, "Where a post appears on Facebook or Instagram.")
offer(InstagramTrial, "How a trial reel on Instagram comes to be shown to everybody.")


@strawberry.input(description="Options of Facebook.")
class FacebookOptionsInput:
    """Facebook."""

    format: MetaFormat | None = strawberry.field(default=None, description="Where it appears; on the page by default.")
    title: str | None = strawberry.field(default=None, description="The title of a video or reel.")
    place: str | None = strawberry.field(
        default=None, description="The id of a page with a place, which is shown with a post or a reel."
    )
    cover_media_id: strawberry.ID | None = strawberry.field(
        default=None, description="A video's cover: an image that is READY. Not for reels and stories."
    )

    def stored(self, path: Sequence[str]) -> dict[str, Any]:
        """As the connector takes them."""
        return _given(
            format=self.format and self.format.value,
            title=self.title,
            place=self.place,
            cover=_cover(self.cover_media_id, path),
        )


@strawberry.input(description="A person who is tagged on Instagram.")
class InstagramUserTagInput:
    """A tag."""

    username: str = strawberry.field(description="The person's user name.")
    file: int = strawberry.field(default=0, description="Which file of the post, counted from 0.")
    x: float | None = strawberry.field(
        default=None, description="How far from the left, 0 to 1. Needed in an image of the feed, and only there."
    )
    y: float | None = strawberry.field(
        default=None, description="How far from the top, 0 to 1. Needed in an image of the feed, and only there."
    )


@strawberry.input(description="Options of Instagram.")
class InstagramOptionsInput:
    """Instagram."""

    format: MetaFormat | None = strawberry.field(default=None, description="Where it appears; in the feed by default.")
    collaborators: list[str] | None = strawberry.field(
        default=None, description="User names, up to three, who are asked to publish it with you."
    )
    location_id: str | None = strawberry.field(
        default=None, description="The id of a Facebook page with a place, which is shown with the post."
    )
    user_tags: list[InstagramUserTagInput] | None = strawberry.field(
        default=None, description="People who are tagged in the files."
    )
    share_to_feed: bool | None = strawberry.field(
        default=None, description="Whether a reel is shown in the feed as well; it is by default."
    )
    cover_media_id: strawberry.ID | None = strawberry.field(
        default=None, description="A reel's cover: an image that is READY."
    )
    cover_url: str | None = strawberry.field(
        default=None, description="A reel's cover, by the public address of a JPEG; in place of an image of yours."
    )
    thumb_offset: int | None = strawberry.field(
        default=None, description="The moment of a reel, in milliseconds, that is its cover where there is no other."
    )
    audio_name: str | None = strawberry.field(
        default=None, description="The name of a reel's own sound; it can be given once."
    )
    trial: InstagramTrial | None = strawberry.field(
        default=None, description="Publish a reel as a trial, and how it leaves the trial."
    )

    def stored(self, path: Sequence[str]) -> dict[str, Any]:
        """As the connector takes them."""
        tags = None if self.user_tags is None else [_given(**vars(tag)) for tag in self.user_tags]
        return _given(
            format=self.format and self.format.value,
            collaborators=None if self.collaborators is None else ",".join(self.collaborators),
            location_id=self.location_id,
            user_tags=tags,
            share_to_feed=None if self.share_to_feed is None else str(self.share_to_feed).lower(),
            cover=_cover(self.cover_media_id, path),
            cover_url=self.cover_url,
            thumb_offset=self.thumb_offset,
            audio_name=self.audio_name,
            trial=self.trial and self.trial.value,
        )


def image(media_id: strawberry.ID, path: Sequence[str]) -> Mapping[str, str]:
    """A file of ours as an option's value is stored.

    Raises:
        NotFound: it is not the id of a file.
    """
    return {"media": str(decode(media_id, "Media", tuple(path)))}


def _cover(media_id: strawberry.ID | None, path: Sequence[str]) -> Mapping[str, str] | None:
    return None if media_id is None else image(media_id, (*path, "coverMediaId"))


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}
