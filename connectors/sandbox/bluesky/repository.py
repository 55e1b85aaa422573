"""The records of every account, rebuilt from the ledger when the server starts.

A write is one or more ledger lines written together; the store changes only through them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.bluesky.accounts import Account
from connectors.sandbox.bluesky.cid import cid_of_record, sha256_of_cid
from connectors.sandbox.ledger import Action, Effect, ShownMedia
from connectors.sandbox.world import World

POSTS = "app.bsky.feed.post"
_TID_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as it stands."""

    uri: str
    cid: str
    value: dict[str, Any]
    indexed_at: str


@dataclass(frozen=True, slots=True)
class Write:
    """One change of a repository; `value` None deletes."""

    collection: str
    rkey: str
    value: dict[str, Any] | None


class Repository:
    """All records of the server."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._records: dict[tuple[str, str], dict[str, StoredRecord]] = {}
        world.ledger.follow(self._follow)

    def get(self, did: str, collection: str, rkey: str) -> StoredRecord | None:
        """One record, or None."""
        return self._records.get((did, collection), {}).get(rkey)

    def find(self, uri: str) -> StoredRecord | None:
        """The record with that `at://` address, or None."""
        parts = uri.removeprefix("at://").split("/")
        return self.get(parts[0], parts[1], parts[2]) if len(parts) == 3 else None

    def list(self, did: str, collection: str) -> list[tuple[str, StoredRecord]]:
        """The records of a collection with their keys, newest key first."""
        return sorted(self._records.get((did, collection), {}).items(), reverse=True)

    def all_posts(self) -> Iterator[StoredRecord]:
        """Every post of every account."""
        for (_, collection), records in self._records.items():
            if collection == POSTS:
                yield from records.values()

    def write(self, account: Account, writes: Sequence[Write]) -> dict[str, str]:
        """Do the writes together and give the commit. When this returns they are in the ledger."""
        rev = self.new_tid()
        self._world.ledger.write([self._effect(account, write) for write in writes])
        return {"cid": cid_of_record({"did": account.did, "rev": rev, "version": 3}), "rev": rev}

    def new_tid(self) -> str:
        """A fresh timestamp identifier."""
        number = self._world.next_micros() << 10 | 1
        return "".join(_TID_ALPHABET[number >> shift & 31] for shift in range(60, -1, -5))

    def _effect(self, account: Account, write: Write) -> Effect:
        uri = f"at://{account.did}/{write.collection}/{write.rkey}"
        existing = self.get(account.did, write.collection, write.rkey)
        native: dict[str, Any] = {"did": account.did, "collection": write.collection, "rkey": write.rkey}
        value = write.value
        if value is None:
            action = Action.DELETED
        else:
            action = Action.PUBLISHED if existing is None else Action.EDITED
            native |= {"cid": cid_of_record(value), "value": value}
        reply = (value or {}).get("reply") or {}
        return Effect(
            action=action,
            platform="bluesky",
            account=account.handle,
            id=uri,
            at=self._world.now().isoformat(),
            kind="post" if write.collection == POSTS else write.collection,
            key=write.rkey,
            text=str((value or {}).get("text", "")),
            media=tuple(_media(value or {})),
            reply_to=reply.get("parent", {}).get("uri"),
            created_at=(value or {}).get("createdAt"),
            url=f"https://bsky.app/profile/{account.handle}/post/{write.rkey}",
            languages=tuple((value or {}).get("langs", ())),
            card=_card(value or {}),
            picture=_picture(value or {}),
            native=native,
        )

    def _follow(self, effect: Effect) -> None:
        if effect.platform != "bluesky":
            return
        native = effect.native
        records = self._records.setdefault((native["did"], native["collection"]), {})
        if effect.action is Action.DELETED:
            records.pop(native["rkey"], None)
        else:
            records[native["rkey"]] = StoredRecord(effect.id, native["cid"], native["value"], effect.at)


def _embed(value: dict[str, Any]) -> dict[str, Any]:
    embed: dict[str, Any] = value.get("embed") or {}
    return embed.get("media", embed) if embed.get("$type") == "app.bsky.embed.recordWithMedia" else embed


def _media(value: dict[str, Any]) -> Iterator[ShownMedia]:
    embed = _embed(value)
    shown = [(item.get("image"), item.get("alt", "")) for item in (*embed.get("images", ()), *embed.get("items", ()))]
    if "video" in embed:
        shown.append((embed["video"], embed.get("alt", "")))
    for blob, alt in shown:
        if blob is not None:
            yield _shown(blob, alt)


def _shown(blob: dict[str, Any], alt: str = "") -> ShownMedia:
    return ShownMedia(sha256_of_cid(blob["ref"]["$link"]), blob["mimeType"], blob["size"], alt)


def _card(value: dict[str, Any]) -> dict[str, str] | None:
    external = _embed(value).get("external")
    if external is None:
        return None
    return {"url": external["uri"], "title": external["title"], "description": external["description"]}


def _picture(value: dict[str, Any]) -> ShownMedia | None:
    thumb = _embed(value).get("external", {}).get("thumb")
    return None if thumb is None else _shown(thumb)
