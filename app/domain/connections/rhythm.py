"""When a connection is renewed, proved and looked at: pure, from its rows.

Promise: accounts that were connected in one minute are neither renewed nor proved in one minute. Each has its own
place in the time, which follows from its id, so that processes agree without asking one another.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from uuid import UUID

from app.domain.connections.model import Connection
from app.domain.connections.states import ConnectionState

LAST_MINUTE = timedelta(minutes=1)
"""A token that lives no longer than this is renewed by whoever needs it, whatever its place is."""
LATEST_SPREAD = timedelta(days=1)
"""Renewals are spread over a quarter of a token's life, and over no more than this."""
TELL_AGAIN = timedelta(days=1)
"""How often the user is told of the same trouble."""
TIRED = 3
"""After this many renewals in a row that failed, the user is told."""
DOUBTED = 15
"""A connection that was lost, or a platform that was down, is asked again after this many looks' time."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The installation's intervals."""

    look: timedelta
    """The shortest time between two looks."""
    ping: timedelta
    """How often an account is proved at its platform."""
    horizon: timedelta
    """The end of an access is told when it is nearer than this, and than a fifth of its life."""
    ahead: timedelta
    """A token is renewed at least this long before its end."""


def place(connection_id: UUID, purpose: str) -> float:
    """Where a connection stands among all of them, from 0 up to 1; another place for another purpose."""
    digest = blake2b(connection_id.bytes + purpose.encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64


def renewal(connection_id: UUID, given: datetime | None, ends: datetime, ahead: timedelta) -> datetime:
    """When a token that was given then and ends then is renewed.

    At least `ahead` before its end and at least a tenth of its life before (a platform may be away for long), but a
    token that lives shorter than that is used for half of its life.
    """
    if given is None or ends <= given:
        return ends - ahead
    life = ends - given
    latest = ends - max(min(ahead, life / 2), life / 10)
    spread = min((latest - given) / 4, LATEST_SPREAD)
    return latest - spread * place(connection_id, f"renewal:{given.isoformat()}")


def next_ping(connection_id: UUID, now: datetime, every: timedelta) -> datetime:
    """The connection's next place in the day (or in whatever `every` is), after now."""
    first = EPOCH + every * place(connection_id, "ping")
    return first + every * ((now - first) // every + 1)


def told_from(connection: Connection, horizon: timedelta) -> datetime | None:
    """From when on the user is told that the access ends; None: it does not end by itself."""
    ends, began = connection.token_expires_at, connection.life_began_at
    if ends is None:
        return None
    return ends - (min(horizon, (ends - began) / 5) if began is not None and began < ends else horizon)


def next_look(connection: Connection, now: datetime, rhythm: Rhythm, *, renew_at: datetime | None = None) -> datetime:
    """When somebody looks at the connection next: the earliest moment at which there is something to do."""
    ends, told = connection.token_expires_at, told_from(connection, rhythm.horizon)
    moments = [connection.ping_at, ends, told, connection.listen_at]
    if connection.state is ConnectionState.EXPIRING_SOON and connection.told_at is not None:
        moments.append(connection.told_at + TELL_AGAIN)
    if connection.refresh_failures:
        moments.append(now + rhythm.look * min(2.0 ** (connection.refresh_failures - 1), DOUBTED))
    else:
        moments.append(renew_at)
    soonest = min((moment for moment in moments if moment is not None and moment > now), default=now + rhythm.ping)
    return max(now + rhythm.look, soonest)
