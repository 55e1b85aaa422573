"""Who calls, whatever they presented: a key, a person's session, a token of another issuer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.keys.model import Scope


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
