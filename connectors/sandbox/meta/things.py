"""Posts, videos, stories and comments that are out, rebuilt from the ledger when the sandbox starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

from connectors.sandbox.ledger import Action, Effect, ShownMedia
from connectors.sandbox.meta.hosts import DIALOG, FACEBOOK, INSTAGRAM, INSTAGRAM_DIALOG
from connectors.sandbox.tables import Row
from connectors.sandbox.world import Addresses, World

COUNTS: Final = "meta.counts"
"""Table of counts that were set by the control API, by the thing's or account's id."""
COMMENT: Final = "comment"


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that readers see."""

    id: str
    platform: str
    owner: str
    """The id of the page or Instagram account."""
    handle: str
    kind: str
    """`post`, `photo`, `video`, `reel`, `story`, `carousel` or `comment`."""
    text: str
    at: str
    media: tuple[Mapping[str, Any], ...] = ()
    reply_to: str | None = None
    link: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    """What was said of it beside text and files: place, people, cover."""


class Things:
    """All of them. A thing exists exactly when the ledger says so."""

    def __init__(self, world: World, address: Addresses) -> None:
        self._world = world
        self._address = address
        self._things: dict[str, Thing] = {}
        world.ledger.follow(self._follow)

    def get(self, thing_id: str) -> Thing | None:
        """One, or None."""
        return self._things.get(thing_id)

    def of(self, owner: str, *kinds: str) -> list[Thing]:
        """What an account has published, newest first; all kinds but comments where none is named."""
        found = [
            thing
            for thing in self._things.values()
            if thing.owner == owner and (thing.kind in kinds if kinds else thing.kind != COMMENT)
        ]
        return found[::-1]

    def replies(self, thing_id: str) -> list[Thing]:
        """The comments below something, newest first."""
        return [thing for thing in self._things.values() if thing.reply_to == thing_id][::-1]

    def publish(self, account: Row, kind: str, text: str, **more: Any) -> Thing:
        """Make something visible. When this returns it is in the ledger."""
        number = str(self._world.next_micros())
        whole = account["id"] + "_" + number if account["kind"] == FACEBOOK and kind == "post" else number
        thing = Thing(
            id=more.pop("id", whole),
            platform=account["kind"],
            owner=account["id"],
            handle=account["handle"],
            kind=kind,
            text=text,
            at=self._world.now().isoformat(),
            **more,
        )
        self._world.ledger.write([self._effect(Action.PUBLISHED, thing)])
        return thing

    def edit(self, thing: Thing, text: str) -> None:
        """Put another text in place."""
        self._world.ledger.write([self._effect(Action.EDITED, replace(thing, text=text))])

    def delete(self, thing: Thing) -> None:
        """Take something away."""
        self._world.ledger.write([self._effect(Action.DELETED, thing)])

    def url(self, thing: Thing) -> str:
        """Where readers find it."""
        base = self._address()
        if thing.platform == INSTAGRAM:
            return f"{base}/{INSTAGRAM_DIALOG}/p/{thing.id}/"
        return f"{base}/{DIALOG}/{'reel/' if thing.kind == 'reel' else ''}{thing.id}"

    def counts(self, thing_id: str) -> Row:
        """What readers did, as the control API set it."""
        return self._world.tables.get(COUNTS, thing_id) or {}

    def counts_of_day(self, thing_id: str, day: date) -> Row:
        """What readers did on one day, as the control API set it."""
        return self.counts(f"{thing_id}@{day.isoformat()}")

    def _effect(self, action: Action, thing: Thing) -> Effect:
        card = {"url": thing.link, "title": thing.link, "description": ""} if thing.link else None
        return Effect(
            action=action,
            platform=thing.platform,
            account=thing.handle,
            id=thing.id,
            at=self._world.now().isoformat(),
            text=thing.text,
            media=tuple(ShownMedia(item["sha256"], item["mime"], item["size"], item["alt"]) for item in thing.media),
            reply_to=thing.reply_to,
            visibility=thing.kind,
            created_at=thing.at,
            url=self.url(thing),
            card=card,
            native=asdict(thing),
        )

    def _follow(self, effect: Effect) -> None:
        if effect.platform not in (FACEBOOK, INSTAGRAM):
            return
        if effect.action is Action.DELETED:
            self._things.pop(effect.id, None)
        else:
            self._things[effect.id] = Thing(**{**effect.native, "media": tuple(effect.native["media"])})


def stamp(moment: str) -> str:
    """A time in the API's form."""
    return datetime.fromisoformat(moment).strftime("%Y-%m-%dT%H:%M:%S+0000")


def page_of(rows: Sequence[dict[str, Any]], limit: str, after: str) -> dict[str, Any]:
    """A page of a list, with the cursor of the next one."""
    first, count = int(after or "0"), min(int(limit or "25"), 100)
    shown = list(rows[first : first + count])
    paging: dict[str, Any] = {"cursors": {"before": str(first), "after": str(first + count)}}
    if first + count < len(rows):
        paging["next"] = "https://graph.facebook.com/next"
    return {"data": shown, "paging": paging} if shown else {"data": []}
