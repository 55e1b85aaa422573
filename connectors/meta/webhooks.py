"""Webhooks of Meta's platforms: what happens on Facebook pages and Instagram accounts.

https://developers.facebook.com/docs/graph-api/webhooks/getting-started
Meta may send the same update twice and in another batch, so that each notice has a key made of what it says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from connectors.meta.signed_requests import CALLBACKS
from connectors.notices import (
    AccountNotice,
    Change,
    CommentNoticed,
    Mentioned,
    Notice,
    PostSeen,
    StoryMeasured,
    Unreadable,
    Unrecognised,
    digest,
    document,
    instant,
    mapping,
    sequence,
    word,
    words,
)
from connectors.signatures import HUB_SHA256
from connectors.webhooks import Handshake, Receiver

FACEBOOK: Final = "facebook"
INSTAGRAM: Final = "instagram"
OBJECTS: Final[Mapping[str, str]] = {"page": FACEBOOK, "instagram": INSTAGRAM}
"""What an update is about -> the platform's key."""
VERBS: Final[Mapping[str, Change]] = {
    "add": Change.ADDED,
    "edit": Change.CHANGED,
    "edited": Change.CHANGED,
    "remove": Change.REMOVED,
    "delete": Change.REMOVED,
}
POSTS: Final = frozenset({"status", "post", "photo", "video", "share"})
"""Items of a page's feed that are posts."""
MOST_UPDATES: Final = 10_000
"""Meta sends up to 1 000 updates at once; a body with far more is not Meta's."""

NAMES: Final = frozenset({"id", "comment_id", "media_id", "post_id", "created_time"})
"""Fields of an update that tell it from every other one."""


def parse(body: bytes) -> Sequence[Notice]:
    """The notices of a delivery.

    Raises:
        Unreadable: it is not what Meta documents.
    """
    given = document(body)
    about = word(given.get("object"))
    entries = given.get("entry")
    if about is None or not isinstance(entries, list):
        raise Unreadable("The body names no object or no entries.")
    found: list[Notice] = []
    for entry in entries:
        found += _of_entry(about, mapping(entry))
        if len(found) > MOST_UPDATES:
            raise Unreadable(f"The body holds more than {MOST_UPDATES} updates.")
    return found


def _of_entry(about: str, entry: Mapping[str, Any]) -> Iterator[Notice]:
    account, time = word(entry.get("id")) or "", entry.get("time")
    for change in sequence(entry.get("changes")):
        name, value = word(mapping(change).get("field")) or "", mapping(mapping(change).get("value"))
        facts = {
            "key": digest(about, account, name, value, *_moment(value, time)),
            "at": instant(value.get("created_time")) or instant(time),
            "platform": OBJECTS.get(about, ""),
            "account_id": account,
        }
        if not _own_comment(about, name, value, account):
            yield _of_change(about, name, value, facts)
    for message in sequence(entry.get("messaging")):
        yield Unrecognised(
            key=digest(about, account, time, "messaging", message),
            at=instant(time),
            platform=OBJECTS.get(about, ""),
            account_id=account,
            what=f"{about}.messaging",
        )


def _own_comment(about: str, name: str, value: Mapping[str, Any], account: str) -> bool:
    """Whether the account itself wrote the comment, as it does with a first comment of ours: that is no news."""
    comments = name == "comments" if about == "instagram" else (name, value.get("item")) == ("feed", "comment")
    return comments and word(mapping(value.get("from")).get("id")) == account


def _moment(value: Mapping[str, Any], sent_at: Any) -> tuple[Any, ...]:
    """When it was sent belongs to the key only of what names nothing: another sending of the same is the same."""
    return () if NAMES.intersection(value) else (sent_at,)


def _of_change(about: str, name: str, value: Mapping[str, Any], facts: dict[str, Any]) -> AccountNotice:
    found: AccountNotice | None = None
    match about, name:
        case "page", "feed":
            found = _of_feed(value, facts)
        case "page", "mention":
            found = Mentioned(**facts, **_ids(value), **_author(value), text=words(value.get("message")))
        case "instagram", "comments" | "live_comments":
            found = _of_instagram_comment(value, facts)
        case "instagram", "mentions":
            found = Mentioned(**facts, post_id=word(value.get("media_id")), comment_id=word(value.get("comment_id")))
        case "instagram", "story_insights":
            found = _of_story(value, facts)
    return found or Unrecognised(**facts, what=f"{about}.{name}")


def _of_feed(value: Mapping[str, Any], facts: dict[str, Any]) -> AccountNotice | None:
    item, verb = word(value.get("item")), word(value.get("verb")) or ""
    ids, author = _ids(value), _author(value)
    if item == "comment" and verb in VERBS and ids["comment_id"]:
        # Under a comment at the top stands the post as the parent.
        parent = word(value.get("parent_id"))
        return CommentNoticed(
            **facts,
            **ids,
            **author,
            change=VERBS[verb],
            parent_id=None if parent == ids["post_id"] else parent,
            text=words(value.get("message")),
        )
    own = author["author_id"] in {None, facts["account_id"]}  # visitors write on a page's feed too
    if item in POSTS and verb == "add" and own and ids["post_id"]:
        return PostSeen(**facts, post_id=ids["post_id"], text=words(value.get("message")))
    return None


def _of_instagram_comment(value: Mapping[str, Any], facts: dict[str, Any]) -> CommentNoticed | None:
    comment, media = word(value.get("id")), word(mapping(value.get("media")).get("id"))
    if comment is None:
        return None
    author, parent = mapping(value.get("from")), word(value.get("parent_id"))
    return CommentNoticed(
        **facts,
        change=Change.ADDED,
        comment_id=comment,
        post_id=media,
        parent_id=None if parent == media else parent,
        author_id=word(author.get("id")),
        author=words(author.get("username")),
        text=words(value.get("text")),
    )


def _of_story(value: Mapping[str, Any], facts: dict[str, Any]) -> StoryMeasured | None:
    media = word(value.get("media_id"))
    figures = {name: figure for name, figure in value.items() if type(figure) is int and name != "media_id"}
    return None if media is None else StoryMeasured(**facts, post_id=media, figures=figures)


def _ids(value: Mapping[str, Any]) -> dict[str, Any]:
    return {"post_id": word(value.get("post_id")), "comment_id": word(value.get("comment_id"))}


def _author(value: Mapping[str, Any]) -> dict[str, Any]:
    author = mapping(value.get("from"))
    return {"author_id": word(author.get("id")), "author": words(author.get("name"))}


META: Final = Receiver(
    key="meta",
    app="meta",
    platforms=(FACEBOOK, INSTAGRAM),
    handshake=Handshake.HUB_CHALLENGE,
    schemes=(HUB_SHA256,),
    parse=parse,
    callbacks=CALLBACKS,
)
INSTAGRAM_LOGIN: Final = Receiver(
    key="instagram",
    app="instagram",
    platforms=(INSTAGRAM,),
    handshake=Handshake.HUB_CHALLENGE,
    schemes=(HUB_SHA256,),
    parse=parse,
    callbacks=CALLBACKS,
    also_signed_by=("meta",),
)
"""Instagram Login is a product with an id and a secret of its own; which of the two signs is not documented."""
