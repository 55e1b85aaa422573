"""Whether a platform tells us at once what happens on an account, and when that is looked at: pure, from its rows.

Platforms drop subscriptions without a word, so each one is looked at once a day, at a place of the account's own.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

EVERY: Final = timedelta(days=1)
"""How often a subscription is looked at."""
SOON: Final = 15
"""What failed for passing reasons is tried again after this many looks' time."""


class ListeningState(StrEnum):
    """Whether the platform tells POSTD what happens on the account."""

    PENDING = "pending"
    """It was not asked yet; the monitor does that at its next look."""
    LISTENING = "listening"
    """The platform sends webhooks about the account. It is made sure of once a day."""
    FAILED = "failed"
    """The platform was asked and refused, or could not be asked. It is tried again."""
    OFF = "off"
    """The operator has not set webhooks of this platform up."""


SILENT: Final[dict[str, Any]] = {
    "listening": None,
    "listening_since": None,
    "listening_problem": None,
    "listening_to": [],
    "listen_at": None,
}
"""What the row of a connection holds to which nobody listens."""


def next_listen(place: float, now: datetime, look: timedelta, *, again_soon: bool) -> datetime:
    """When the subscription is looked at next: at the account's place in the day, or soon after passing trouble.

    `place` is where the account stands among all, from 0 up to 1 (`rhythm.place`).
    """
    if again_soon:
        return now + min(look * SOON, EVERY)
    return now + EVERY / 2 + EVERY / 2 * place


def told(listening: ListeningState | None, problem: dict[str, Any] | None) -> tuple[ListeningState | None, str | None]:
    """What a user is told of it: news is only what differs in this, and there is none where nothing is set up."""
    if listening is ListeningState.OFF:
        return None, None
    return listening, None if problem is None else str(problem.get("code"))


def due(listen_at: datetime | None, now: datetime) -> bool:
    """Whether somebody has to look at the subscription now."""
    return listen_at is None or listen_at <= now
