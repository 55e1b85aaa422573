"""The ledger: every effect that a user of a simulated platform would see, in the order in which it happened.

An effect is written, and on disk, before the platform answers. The platforms rebuild their posts from the ledger
when they start, so a post exists exactly when its line exists, also after `kill -9`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from connectors.sandbox.journal import Journal


class Action(StrEnum):
    """What happened to a post."""

    PUBLISHED = "published"
    EDITED = "edited"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class ShownMedia:
    """A file of a post, as a reader of the platform gets it."""

    sha256: str
    mime: str
    size: int
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """One change on a platform, in the platform's own terms and in common ones."""

    action: Action
    platform: str
    account: str
    """The handle."""
    id: str
    """The platform's own id: an `at://` address, or a status id."""
    at: str
    """When the platform did it, ISO 8601."""
    kind: str = "post"
    """`post`, or the collection of a Bluesky record that is not a post."""
    key: str | None = None
    """What marks the publication: the record key on Bluesky, the Idempotency-Key on Mastodon."""
    text: str = ""
    media: tuple[ShownMedia, ...] = ()
    reply_to: str | None = None
    visibility: str = "public"
    created_at: str | None = None
    """The time that the platform shows for the post."""
    url: str | None = None
    languages: tuple[str, ...] = ()
    card: dict[str, str] | None = None
    """A link that is shown as a card: url, title, description."""
    picture: ShownMedia | None = None
    """The picture of the card."""
    poll: tuple[str, ...] = ()
    warning: str = ""
    native: dict[str, Any] = field(default_factory=dict)
    """What the platform itself needs to show the post again after a restart."""


@dataclass(slots=True)
class Post:
    """A post as it stands now: its last content, with its history in numbers."""

    effect: Effect
    first_seq: int
    published_at: str
    times_published: int = 1
    edits: int = 0
    deleted_at: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The form in which the control API and the ledger page show it."""
        body = asdict(self.effect)
        for name in ("action", "at", "native"):
            del body[name]
        return body | {
            "seq": self.first_seq,
            "published_at": self.published_at,
            "times_published": self.times_published,
            "edits": self.edits,
            "deleted_at": self.deleted_at,
        }


class Ledger:
    """All effects of all simulated platforms of one data folder."""

    def __init__(self, path: Path) -> None:
        self._journal = Journal(path, durable=True)
        self._effects: list[Effect] = []
        self._posts: dict[tuple[str, str], Post] = {}
        self._listeners: list[Callable[[Effect], None]] = []
        for line in self._journal.lines():
            self._take(_effect(line))

    def __len__(self) -> int:
        return len(self._effects)

    def follow(self, listener: Callable[[Effect], None]) -> None:
        """Call `listener` with every effect: first those that are there, then each new one once it is on disk."""
        for effect in self._effects:
            listener(effect)
        self._listeners.append(listener)

    def write(self, effects: Sequence[Effect]) -> None:
        """Write effects that belong together. When this returns they are on disk and seen by every listener."""
        first = len(self._effects) + 1
        self._journal.append([{"seq": first + index, **asdict(effect)} for index, effect in enumerate(effects)])
        for effect in effects:
            self._take(effect)
            for listener in self._listeners:
                listener(effect)

    def effects(self) -> Iterator[dict[str, Any]]:
        """Every line with its number."""
        for seq, effect in enumerate(self._effects, start=1):
            yield {"seq": seq, **asdict(effect)}

    def posts(
        self,
        *,
        platform: str | None = None,
        account: str | None = None,
        key: str | None = None,
        kind: str | None = "post",
    ) -> list[Post]:
        """Posts in the order of their first publication; a deleted post stays in the list, marked."""
        return [
            post
            for post in self._posts.values()
            if (platform is None or post.effect.platform == platform)
            and (account is None or post.effect.account == account)
            and (key is None or post.effect.key == key)
            and (kind is None or post.effect.kind == kind)
        ]

    def close(self) -> None:
        """Close the file."""
        self._journal.close()

    def _take(self, effect: Effect) -> None:
        self._effects.append(effect)
        place = (effect.platform, effect.id)
        post = self._posts.get(place)
        if post is None:
            self._posts[place] = Post(effect, len(self._effects), effect.at)
        elif effect.action is Action.DELETED:
            post.deleted_at = effect.at
        else:
            again = effect.action is Action.PUBLISHED
            post.effect, post.deleted_at = effect, None
            post.times_published += again
            post.edits += not again


def _effect(line: dict[str, Any]) -> Effect:
    """Read one line of the file."""
    fields = {name: value for name, value in line.items() if name != "seq"}
    fields["action"] = Action(fields["action"])
    fields["media"] = tuple(ShownMedia(**item) for item in fields["media"])
    fields["picture"] = ShownMedia(**fields["picture"]) if fields.get("picture") else None
    fields["languages"] = tuple(fields["languages"])
    fields["poll"] = tuple(fields["poll"])
    return Effect(**fields)
