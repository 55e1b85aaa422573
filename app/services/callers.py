"""Who calls in this task, and from where: what the audit log keeps besides the actor.

An edge sets it where a request, a socket's operation or a command begins; whatever is done for it inherits it.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a request comes from."""

    name: str | None = None
    """The caller in words: a key's name, a person, the subject of a token, the user of a shell."""
    address: str | None = None
    """The peer, or what a trusted proxy says of it."""
    request_id: str | None = None

    @property
    def network_address(self) -> str | None:
        """The address as the database keeps it; None for what is none, such as the path of a socket."""
        try:
            found = ip_address(self.address or "")
        except ValueError:
            return None
        return str(getattr(found, "ipv4_mapped", None) or found)


NOBODY = Caller()
CALLER: ContextVar[Caller] = ContextVar("caller", default=NOBODY)
