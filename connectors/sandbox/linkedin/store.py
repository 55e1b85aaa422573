"""The posts and comments of every account, rebuilt from the ledger when the platform starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from connectors.sandbox.ledger import Action, Effect, ShownMedia
from connectors.sandbox.linkedin.accounts import Account
from connectors.sandbox.linkedin.text import shown
from connectors.sandbox.linkedin.uploads import MEDIA
from connectors.sandbox.world import Addresses, World

COMMENT = "urn:li:comment:"


@dataclass(frozen=True, slots=True)
class StoredPost:
    """A post or a comment as it stands."""

    urn: str
    author: str
    handle: str
    text: str
    """As it was sent: "little" text for a post, plain text for a comment."""
    created: int
    """Milliseconds since 1970."""
    modified: int
    visibility: str = "PUBLIC"
    content: dict[str, Any] = field(default_factory=dict)
    root: str | None = None
    """Of a comment: the post that it stands under."""
    edited: bool = False

    @property
    def number(self) -> str:
        """Of a comment: its number."""
        return self.urn.rpartition(",")[2].removesuffix(")")


class Store:
    """All of them. A post exists exactly when the ledger says so."""

    def __init__(self, world: World, address: Addresses) -> None:
        self._world = world
        self._address = address
        self._posts: dict[str, StoredPost] = {}
        world.ledger.follow(self._follow)

    def get(self, urn: str) -> StoredPost | None:
        """One post or comment, or None."""
        return self._posts.get(urn)

    def by(self, author: str) -> list[StoredPost]:
        """The posts of an account, the last changed first."""
        found = [post for post in self._posts.values() if post.author == author and post.root is None]
        return sorted(found, key=lambda post: post.modified, reverse=True)

    def under(self, urn: str) -> list[StoredPost]:
        """The comments under a post, oldest first."""
        return [post for post in self._posts.values() if post.root == urn]

    def same(self, author: str, text: str, content: Mapping[str, Any]) -> StoredPost | None:
        """The post of an account that has this content already."""
        return next((post for post in self.by(author) if post.text == text and post.content == content), None)

    def publish(self, author: Account, text: str, visibility: str, content: dict[str, Any]) -> StoredPost:
        """Make a post. Its id tells the time: milliseconds above the lowest 22 bits."""
        kind = "ugcPost" if "multiImage" in content or "video" in str(content.get("media", {}).get("id")) else "share"
        at, number = self._number()
        urn = f"urn:li:{kind}:{number}"
        return self._write(
            Action.PUBLISHED, StoredPost(urn, author.id, author.handle, text, at, at, visibility, content)
        )

    def comment(self, author: Account, root: str, text: str) -> StoredPost:
        """Make a comment under a post."""
        at, number = self._number()
        return self._write(
            Action.PUBLISHED,
            StoredPost(f"{COMMENT}({root},{number})", author.id, author.handle, text, at, at, root=root),
        )

    def edit(self, post: StoredPost, text: str) -> StoredPost:
        """Change a text."""
        at, _ = self._number()
        return self._write(Action.EDITED, replace(post, text=text, modified=at, edited=True))

    def delete(self, post: StoredPost) -> None:
        """Take a post away with its comments, or a comment."""
        gone = [post, *self.under(post.urn)]
        self._world.ledger.write([self._effect(Action.DELETED, one) for one in gone])

    def _number(self) -> tuple[int, int]:
        micros = self._world.next_micros()
        return micros // 1000, micros // 1000 << 22 | micros % 1000

    def _write(self, action: Action, post: StoredPost) -> StoredPost:
        self._world.ledger.write([self._effect(action, post)])
        return post

    def _effect(self, action: Action, post: StoredPost) -> Effect:
        article = post.content.get("article", {})
        poll = post.content.get("poll", {})
        words = post.text if post.root else shown(post.text)
        return Effect(
            action=action,
            platform="linkedin",
            account=post.handle,
            id=post.urn,
            at=self._world.now().isoformat(),
            text=words,
            media=self._media(post.content),
            reply_to=post.root,
            visibility=post.visibility.lower(),
            url=f"{self._address()}/feed/update/{post.root or post.urn}/",
            card={"url": article["source"], "title": article["title"], "description": article.get("description", "")}
            if article
            else None,
            picture=next(self._shown([{"id": article["thumbnail"]}]), None) if "thumbnail" in article else None,
            poll=tuple(answer["text"] for answer in poll.get("options", ())),
            warning=poll.get("question", ""),
            native=asdict(post),
        )

    def _media(self, content: Mapping[str, Any]) -> tuple[ShownMedia, ...]:
        files = content.get("multiImage", {}).get("images") or [content.get("media", {})]
        return tuple(self._shown([file for file in files if "id" in file]))

    def _shown(self, files: Sequence[Mapping[str, Any]]) -> Iterator[ShownMedia]:
        for file in files:
            row = self._world.tables.get(MEDIA, file["id"])
            if row is not None and row["sha256"] is not None:
                alt = file.get("altText") or file.get("title", "")
                yield ShownMedia(row["sha256"], row["mime"], row["size"], alt)

    def _follow(self, effect: Effect) -> None:
        if effect.platform != "linkedin":
            return
        if effect.action is Action.DELETED:
            self._posts.pop(effect.id, None)
        else:
            self._posts[effect.id] = StoredPost(**effect.native)
