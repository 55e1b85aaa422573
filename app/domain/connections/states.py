"""The states of a connection: pure, no database.

A connection is an account on a platform that a tenant may post to. The state says whether its jobs run.
"""

from __future__ import annotations

from enum import StrEnum

from app.kernel.machine import Machine, Transition


class ConnectionState(StrEnum):
    """Whether the account can be used, and who has to act."""

    HEALTHY = "healthy"
    """The last call was fine and the token lives beyond the horizon. Jobs run."""
    EXPIRING_SOON = "expiring_soon"
    """The token dies soon and only the user can renew it, or refreshing keeps failing. Jobs run; the user is told."""
    ATTENTION = "attention"
    """The user must reconnect. Jobs are parked and go out afterwards, inside their publish window."""
    REVOKED = "revoked"
    """The user or the platform has ended it; the tokens are destroyed. Jobs are parked until their window ends."""
    PAUSED = "paused"
    """The tenant has switched it off. Jobs are parked until it is switched on."""


class ConnectionEvent(StrEnum):
    """What moves a connection."""

    CONNECT = "connect"
    RECOVER = "recover"
    EXPIRE_SOON = "expire_soon"
    LOSE = "lose"
    REVOKE = "revoke"
    PAUSE = "pause"
    RESUME = "resume"


S, E = ConnectionState, ConnectionEvent
USABLE = (S.HEALTHY, S.EXPIRING_SOON)
"""States in which jobs run."""

MACHINE: Machine[ConnectionState, ConnectionEvent] = Machine(
    "connection",
    (
        Transition(E.CONNECT, tuple(S), S.HEALTHY, "callback", "the same account has granted access"),
        Transition(E.RECOVER, (S.EXPIRING_SOON, S.ATTENTION), S.HEALTHY, "monitor", "a refresh or a check succeeded"),
        Transition(
            E.EXPIRE_SOON, (S.HEALTHY, S.EXPIRING_SOON), S.EXPIRING_SOON, "monitor", "the token dies within the horizon"
        ),
        Transition(
            E.LOSE,
            (S.HEALTHY, S.EXPIRING_SOON, S.ATTENTION),
            S.ATTENTION,
            "worker",
            "two agreeing faults of authorization",
        ),
        Transition(E.REVOKE, tuple(S), S.REVOKED, "API", "disconnect, or the platform says so; tokens are destroyed"),
        Transition(E.PAUSE, (S.HEALTHY, S.EXPIRING_SOON, S.ATTENTION, S.PAUSED), S.PAUSED, "API", ""),
        Transition(E.RESUME, (S.PAUSED,), S.HEALTHY, "API", "a check follows at once"),
    ),
)
