"""What a client sends about posts, and how it becomes what the application takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import strawberry

from app.actions.posts.check import Target
from app.domain.posts.content import Stored, content, part
from app.kernel.errors import InvalidInput
from app.kernel.late_policy import LatePolicy
from schema.node import decode
from schema.posts.options import PlatformOptionsInput
from schema.posts.planned_time import PlannedTimeInput
from schema.scalars import URL

MAX_PARTS = 100
MAX_MEDIA = 20
MAX_LABELS = 50


@strawberry.input(description="A file to show.")
class ContentMediaInput:
    """A file."""

    media_id: strawberry.ID = strawberry.field(description="A file that is READY.")
    alt: str | None = strawberry.field(default=None, description="What it shows, for this post; else the file's own.")


@strawberry.input(description="A link to show as a card.")
class LinkInput:
    """A link."""

    url: URL = strawberry.field(description="Where it leads.")
    title: str | None = strawberry.field(default=None, description="The card's title.")
    description: str | None = strawberry.field(default=None, description="The card's text.")
    image_media_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="The card's picture: an image that is READY; not used where the platform makes cards.",
    )

    def stored(self, path: Sequence[str]) -> dict[str, Any]:
        """As `part` takes it."""
        image = self.image_media_id
        key = None if image is None else decode(image, "Media", (*path, "imageMediaId"))
        return {"url": self.url, "title": self.title, "description": self.description, "image": key}


@strawberry.input(description="A further part of a thread.")
class PartInput:
    """A part."""

    text: str = strawberry.field(default="", description="The text; may be empty where there are files.")
    media: list[ContentMediaInput] | None = strawberry.field(default=None, description="Files, in order.")
    link: LinkInput | None = strawberry.field(default=None, description="A link that is shown as a card.")

    def stored(self, path: Sequence[str]) -> dict[str, Any]:
        """As it is stored."""
        return _part(self.text, self.media, self.link, path)


@strawberry.input(
    description="What to post. Text, files and a link make the first part; `thread` holds those that follow."
)
class ContentInput:
    """Content."""

    text: str = strawberry.field(default="", description="The text; may be empty where there are files.")
    media: list[ContentMediaInput] | None = strawberry.field(default=None, description="Files, in order.")
    link: LinkInput | None = strawberry.field(default=None, description="A link that is shown as a card.")
    thread: list[PartInput] | None = strawberry.field(default=None, description="The parts that follow, in order.")
    languages: list[str] | None = strawberry.field(default=None, description="Languages as BCP 47 tags, e.g. `en`.")

    def stored(self, path: Sequence[str] = ("input", "content")) -> Stored:
        """As it is stored.

        Raises:
            NotFound: an id is not that of a file.
            InvalidInput: there is more than any platform takes.
        """
        rest = self.thread or []
        bounded(rest, MAX_PARTS, (*path, "thread"))
        bounded(self.languages or [], MAX_LABELS, (*path, "languages"))
        first = _part(self.text, self.media, self.link, path)
        parts = [one.stored((*path, "thread", str(number))) for number, one in enumerate(rest)]
        return content([first, *parts], self.languages or [])


@strawberry.input(description="What is different on one target. A field that is given replaces the shared one.")
class TargetContentInput(ContentInput):
    """An override."""


@strawberry.input(description="Where to post, with what is different there.")
class TargetInput:
    """A target."""

    connection_id: strawberry.ID = strawberry.field(description="The connection.")
    content: TargetContentInput | None = strawberry.field(
        default=None, description="Other content for this target, in place of the shared one."
    )
    options: PlatformOptionsInput | None = strawberry.field(default=None, description="The platform's own options.")

    def target(self, number: int) -> Target:
        """As the application takes it."""
        path = ("input", "targets", str(number))
        given = self.options
        return Target(
            connection_id=decode(self.connection_id, "Connection", (*path, "connectionId")),
            override=None if self.content is None else self.content.stored((*path, "content")),
            options={} if given is None else given.stored((*path, "options")),
            meant_for=None if given is None else given.platform,
        )


@strawberry.input(description="What to post, where and when.")
class SchedulePostInput:
    """A post to be scheduled."""

    content: ContentInput = strawberry.field(description="What to post on all targets.")
    targets: list[TargetInput] = strawberry.field(description="Where to post.")
    publish_at: PlannedTimeInput | None = strawberry.field(default=None, description="When; without it: now.")
    publish_by: datetime | None = strawberry.field(
        default=None, description="When it counts as missed; by default some hours after the planned time."
    )
    after_publish_by: LatePolicy | None = strawberry.field(
        default=None, description="What follows when it is missed; by default what the workspace's rules say."
    )
    labels: list[str] | None = strawberry.field(default=None, description="Your own words to find it by.")
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="1 to 128 characters of yours: sent twice, the second answer is the first post, replayed.",
    )


@strawberry.input(description="What to check, without saving or sending anything.")
class ValidatePostInput:
    """A post to be checked."""

    content: ContentInput = strawberry.field(description="What to post on all targets.")
    targets: list[TargetInput] = strawberry.field(description="Where to post.")
    publish_at: PlannedTimeInput | None = strawberry.field(default=None, description="When; without it: now.")
    publish_by: datetime | None = strawberry.field(default=None, description="When it would count as missed.")


@strawberry.input(description="What to change in a post that waits. What is left out stays.")
class UpdatePostInput:
    """A change."""

    post_id: strawberry.ID = strawberry.field(description="The post.")
    content: ContentInput | None = strawberry.field(default=None, description="The new content.")
    labels: list[str] | None = strawberry.field(default=None, description="The new labels.")
    revision: int | None = strawberry.field(
        default=None, description="The revision that you have read: refused when the post was changed since."
    )


@strawberry.input(description="When a post is to go out instead.")
class ReschedulePostInput:
    """A move."""

    post_id: strawberry.ID = strawberry.field(description="The post.")
    publish_at: PlannedTimeInput = strawberry.field(description="The new time.")
    publish_by: datetime | None = strawberry.field(default=None, description="The new end of its window.")
    revision: int | None = strawberry.field(
        default=None, description="The revision that you have read: refused when the post was changed since."
    )


@strawberry.input(description="Which post to let go out at once.")
class PublishPostNowInput:
    """At once."""

    post_id: strawberry.ID = strawberry.field(description="The post.")


@strawberry.input(description="Which post to cancel.")
class CancelPostInput:
    """A cancellation."""

    post_id: strawberry.ID = strawberry.field(description="The post.")


def bounded(items: Sequence[Any], most: int, path: Sequence[str]) -> None:
    """Refuse lists that no platform takes, before anything is done with them.

    Raises:
        InvalidInput: there are too many.
    """
    if len(items) > most:
        raise InvalidInput(
            f"There are {len(items)} items, more than {most}.", hint="Give fewer items.", path=tuple(path)
        )


def labels(given: Sequence[str] | None, path: Sequence[str] = ("input", "labels")) -> tuple[str, ...]:
    """Labels as they are stored.

    Raises:
        InvalidInput: there are too many, or one is too long or empty.
    """
    words = tuple(word.strip() for word in given or ())
    bounded(words, MAX_LABELS, path)
    for number, word in enumerate(words):
        if not 1 <= len(word) <= 100:
            raise InvalidInput(
                "A label has 1 to 100 characters.", hint="Shorten it, or leave it out.", path=(*path, str(number))
            )
    return words


def idempotency_key(given: str | None) -> str | None:
    """A key as it is kept.

    Raises:
        InvalidInput: it is empty or too long.
    """
    if given is not None and not 1 <= len(given) <= 128:
        raise InvalidInput(
            "An idempotency key has 1 to 128 characters.",
            hint="Make one that names this post, e.g. a UUID, or leave it out.",
            path=("input", "idempotencyKey"),
        )
    return given


def _part(
    text: str, media: Sequence[ContentMediaInput] | None, link: LinkInput | None, path: Sequence[str]
) -> dict[str, Any]:
    files = media or []
    bounded(files, MAX_MEDIA, (*path, "media"))
    shown = [
        {"id": decode(file.media_id, "Media", (*path, "media", str(number), "mediaId")), "alt": file.alt}
        for number, file in enumerate(files)
    ]
    return part(text, shown, None if link is None else link.stored((*path, "link")))
