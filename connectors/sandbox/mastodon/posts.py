"""The statuses of every account, rebuilt from the ledger when the instance starts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from connectors.sandbox.ledger import Action, Effect, ShownMedia
from connectors.sandbox.mastodon.media import MEDIA
from connectors.sandbox.world import Addresses, World

_REPLIES = {Action.PUBLISHED: 1, Action.EDITED: 0, Action.DELETED: -1}


@dataclass(frozen=True, slots=True)
class StoredPoll:
    """A poll as it was asked."""

    options: tuple[str, ...]
    expires_at: str
    multiple: bool = False


@dataclass(frozen=True, slots=True)
class StoredStatus:
    """A status as it stands."""

    id: str
    account_id: str
    handle: str
    text: str
    spoiler_text: str
    visibility: str
    sensitive: bool
    language: str
    created_at: str
    app_name: str
    edited_at: str | None = None
    in_reply_to_id: str | None = None
    quoted_status_id: str | None = None
    media_ids: tuple[str, ...] = ()
    poll: StoredPoll | None = None


class Posts:
    """All statuses of the instance. A status exists exactly when the ledger says so."""

    def __init__(self, world: World, address: Addresses) -> None:
        self._world = world
        self._address = address
        self._statuses: dict[str, StoredStatus] = {}
        self._by_account: dict[str, dict[str, StoredStatus]] = {}
        self._replies: Counter[str] = Counter()
        world.ledger.follow(self._follow)

    def get(self, status_id: str) -> StoredStatus | None:
        """One status, or None."""
        return self._statuses.get(status_id)

    def of(self, account_id: str) -> list[StoredStatus]:
        """The statuses of an account, newest first."""
        return list(reversed(self._by_account.get(account_id, {}).values()))

    def count(self, account_id: str) -> int:
        """How many statuses an account has."""
        return len(self._by_account.get(account_id, {}))

    def last(self, account_id: str) -> StoredStatus | None:
        """The newest status of an account, or None."""
        return next(reversed(self._by_account.get(account_id, {}).values()), None)

    def replies(self, status_id: str) -> int:
        """How many statuses answer this one."""
        return self._replies[status_id]

    def new_id(self) -> str:
        """A fresh id: milliseconds in the upper bits, as the platform's are."""
        micros = self._world.next_micros()
        return str((micros // 1000 << 16) | micros % 1000)

    def publish(self, status: StoredStatus, key: str | None) -> None:
        """Make a status visible. When this returns it is in the ledger."""
        self._world.ledger.write([self._effect(Action.PUBLISHED, status, key)])
        self._claim_media(status)

    def edit(self, status: StoredStatus) -> StoredStatus:
        """Put a status in place of its former self."""
        edited = replace(status, edited_at=self._world.now().isoformat())
        self._world.ledger.write([self._effect(Action.EDITED, edited, self._key_of(status.id))])
        self._claim_media(edited)
        return edited

    def delete(self, status: StoredStatus) -> None:
        """Take a status away."""
        self._world.ledger.write([self._effect(Action.DELETED, status, self._key_of(status.id))])

    def url(self, status: StoredStatus) -> str:
        """Where readers find it."""
        return f"{self._address()}/@{status.handle}/{status.id}"

    def _key_of(self, status_id: str) -> str | None:
        posts = self._world.ledger.posts(platform="mastodon")
        return next((post.effect.key for post in posts if post.effect.id == status_id), None)

    def _claim_media(self, status: StoredStatus) -> None:
        for media_id in status.media_ids:
            row = self._world.tables.get(MEDIA, media_id)
            if row is not None:
                self._world.tables.put(MEDIA, media_id, {**row, "status": status.id})

    def _effect(self, action: Action, status: StoredStatus, key: str | None) -> Effect:
        return Effect(
            action=action,
            platform="mastodon",
            account=status.handle,
            id=status.id,
            at=self._world.now().isoformat(),
            key=key,
            text=status.text,
            media=tuple(self._shown_media(status.media_ids)),
            reply_to=status.in_reply_to_id,
            visibility=status.visibility,
            created_at=status.created_at,
            url=self.url(status),
            languages=(status.language,),
            poll=status.poll.options if status.poll else (),
            warning=status.spoiler_text,
            native=asdict(status),
        )

    def _shown_media(self, media_ids: Sequence[str]) -> list[ShownMedia]:
        rows = [self._world.tables.get(MEDIA, media_id) for media_id in media_ids]
        return [ShownMedia(row["sha256"], row["mime"], row["size"], row["description"]) for row in rows if row]

    def _follow(self, effect: Effect) -> None:
        if effect.platform != "mastodon":
            return
        status = _status(effect.native)
        own = self._by_account.setdefault(status.account_id, {})
        if effect.action is Action.DELETED:
            self._statuses.pop(effect.id, None)
            own.pop(effect.id, None)
        else:
            self._statuses[effect.id] = own[effect.id] = status
        if status.in_reply_to_id is not None:
            self._replies[status.in_reply_to_id] += _REPLIES[effect.action]


def _status(native: dict[str, Any]) -> StoredStatus:
    poll = native["poll"]
    stored = {**poll, "options": tuple(poll["options"])} if poll else None
    media_ids = tuple(native["media_ids"])
    return StoredStatus(**{**native, "media_ids": media_ids, "poll": StoredPoll(**stored) if stored else None})
