"""Being told at once: whether accounts of a platform can be listened to, and what a subscription has come to.

Some platforms send webhooks about an account only after the application was subscribed to it. A connector that can do
that declares it for each way to connect (`ConnectMethod.listening`) and implements `connectors.contract.Listens`.
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.faults import Fault


@dataclass(frozen=True, slots=True)
class Listening:
    """That accounts which were connected in one way can be listened to, and what it takes."""

    receiver: str
    """The receiver that is told (`connectors.receivers`): the last word of our address."""
    scope: str
    """The right without which the platform refuses."""
    source: str
    """The page of the platform's documentation that states it."""
    kinds: tuple[str, ...] = ()
    """The kinds of accounts (`Account.kind`) that there are webhooks about; empty: every kind."""

    def fits(self, kind: str) -> bool:
        """Whether there are webhooks about accounts of this kind."""
        return not self.kinds or kind in self.kinds


@dataclass(frozen=True, slots=True)
class Subscribed:
    """What the platform sends from now on."""

    to: tuple[str, ...]
    """The subscriptions, by names that are the same whoever asks: connections with the same name share that one."""
    anew: bool
    """Whether one of them had to be made, because it was not there (any more)."""
    doubt: Fault | None = None
    """Why not everything is sent, where a part of it was refused."""
