"""Who calls, whatever they presented: a key, a person's session, a token of another issuer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final
from uuid import UUID

from app.domain.keys.errors import AddressNotAllowed, ScopeMissing
from app.domain.keys.model import Scope

FENCED: Final = frozenset({Scope.ADMIN, Scope.OPERATOR})
"""The scopes that the operator may bind to networks."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls and what they may do."""

    credential_id: UUID
    """What was presented: its revocation ends the sockets that it opened (`Bus.announce_revoked`)."""
    tenant_id: UUID
    name: str
    scopes: frozenset[Scope]
    expires_at: datetime | None
    actor: str
    """How the caller stands in events and in the audit log: `key:<id>`, `person:<id>`."""
    key_id: UUID | None = None
    """The API key; None where none was presented."""
    person_id: UUID | None = None
    """The person who has signed in; None where a program calls."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What a caller may do from where the call comes."""

    principal: Principal
    address: str | None
    """The peer, or what a trusted proxy says of it."""
    networks: Sequence[IPv4Network | IPv6Network] = ()
    """From where the fenced scopes may be used; none: from anywhere."""

    @property
    def scopes(self) -> frozenset[Scope]:
        """The scopes that count."""
        near = not self.networks or _within(self.address, self.networks)
        return self.principal.scopes if near else self.principal.scopes - FENCED

    def allow(self, scope: Scope) -> None:
        """Let the caller pass who has that scope.

        Raises:
            ScopeMissing: the caller has it not.
            AddressNotAllowed: the caller has it, but not from there.
        """
        if scope in self.scopes:
            return
        if scope in self.principal.scopes:
            raise AddressNotAllowed(scope, self.address)
        raise ScopeMissing(scope)


def _within(address: str | None, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    """Whether an address lies in one of the networks; one that is none does not."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return False
    plain = getattr(found, "ipv4_mapped", None) or found  # a socket of both families shows IPv4 as ::ffff:10.0.0.1
    return any(plain in network for network in networks)
