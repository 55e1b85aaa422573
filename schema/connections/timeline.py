"""A connection's life in sentences: what happened, who did it, what the user was told. Pure; from the rows alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from app.domain.connections.timeline import Moment

ACTORS = {"key": "by an API key", "worker": "by a worker", "monitor": "by the monitor", "platform": "by the platform"}
SEEN = {
    ("check", True): "The platform accepts the account.",
    ("check", False): "The platform was asked about the account: {message}",
    ("refresh", True): "The access was renewed.",
    ("refresh", False): "Renewing the access failed: {message}",
    ("publish", False): "A post was refused: {message}",
}
HAPPENED = {
    "connection.recovered": "The account can be used again.",
    "connection.expires_soon": "You were told: {message} {hint}",
    "connection.attention": "You were told: {message} {waiting} {hint}",
    "connection.revoked": "The account was disconnected{by}; its tokens are destroyed.",
    "connection.paused": "The account was switched off{by}. {waiting}",
    "connection.listening": "The platform tells POSTD at once what happens on the account. {again} {message}",
    "connection.not_listening": "The platform does not tell POSTD what happens on the account: {message} {hint}",
    "connection.resumed": "The account was switched on{by}.",
}


@strawberry.type(description="Something that happened to a connection, in a sentence.")
class ConnectionMoment:
    """A moment."""

    at: datetime = strawberry.field(description="When.")
    what: str = strawberry.field(
        description="A stable word for programs: the event's type, or check, refresh, connect or publish."
    )
    ok: bool = strawberry.field(description="Whether it went well; events always do.")
    message: str = strawberry.field(description="What happened.")
    by: str | None = strawberry.field(description="Who did it: key, worker, monitor, platform or system; null: a look.")

    @classmethod
    def of(cls, moment: Moment) -> ConnectionMoment:
        """A moment of the list."""
        by = moment.by.partition(":")[0] or None
        return cls(at=moment.at, what=moment.what, ok=moment.ok, message=sentence(moment), by=by)


def sentence(moment: Moment) -> str:
    """What to tell a person about it."""
    details, kind = moment.details, moment.by.partition(":")[0]
    match moment.what:
        case "connection.connected":
            text = f"The account was {'reconnected' if details.get('again') else 'connected'}{{by}}."
        case "connection.posts_released":
            text = _released(details)
        case what if not moment.by:
            text = SEEN.get((what, moment.ok), "{message}")
        case what:
            text = HAPPENED.get(what, what)
    said = text.format(
        message=details.get("message", ""),
        hint=details.get("hint", ""),
        waiting=_waiting(int(details.get("waiting", 0))),
        again="It had stopped, and was asked again." if details.get("again") is True else "",
        by=f" {ACTORS[kind]}" if kind in ACTORS else "",
    )
    return " ".join(said.split())


def _waiting(count: int) -> str:
    if not count:
        return ""
    return "1 post waits for it." if count == 1 else f"{count} posts wait for it."


def _released(details: dict[str, Any]) -> str:
    released, missed = int(details.get("released", 0)), int(details.get("missed", 0))
    told = []
    if released:
        told.append(f"{_posts(released)} that waited may go out now.")
    if missed:
        told.append(f"{_posts(missed)} came too late: choose with releaseMissedJobs.")
    return " ".join(told)


def _posts(count: int) -> str:
    return "1 post" if count == 1 else f"{count} posts"
