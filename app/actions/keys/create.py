"""Make an API key.

Promise: the secret is given once and is nowhere kept. Emits `key.created`; the act stands in the audit log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.audit.model import AuditEntry
from app.domain.keys.credentials import generate
from app.domain.keys.model import ApiKey, Scope
from app.kernel import ids
from app.kernel.errors import InvalidInput
from app.services import events
from app.services.db import tenant_of
from connectors.secret import Secret


@dataclass(frozen=True, slots=True)
class CreateKey:
    """What the key is for and what it may do."""

    name: str
    scopes: Sequence[Scope]
    now: datetime
    actor: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyCreated:
    """The row, and the key as its owner keeps it."""

    key: ApiKey
    presented: Secret


async def create(session: AsyncSession, command: CreateKey) -> KeyCreated:
    """Make the key.

    Raises:
        InvalidInput: no name, no scope, or a time that has passed; nothing was made.
    """
    name = command.name.strip()
    if not 1 <= len(name) <= 100:
        raise InvalidInput(
            "A key needs a name of 1 to 100 characters.",
            hint="Name it after who or what will use it.",
            path=("input", "name"),
        )
    if not command.scopes:
        raise InvalidInput("A key needs at least one scope.", hint="Start with `read`.", path=("input", "scopes"))
    if command.expires_at is not None and command.expires_at <= command.now:
        raise InvalidInput(
            "The key would be expired already.", hint="Choose a later time.", path=("input", "expiresAt")
        )
    credential = generate()
    key = ApiKey(
        id=ids.new(),
        tenant_id=tenant_of(session),
        name=name,
        public_id=credential.public_id,
        secret_hash=credential.hash,
        scopes=sorted({scope.value for scope in command.scopes}),
        created_by=command.actor,
        created_at=command.now,
        expires_at=command.expires_at,
    )
    session.add(key)
    session.add(
        AuditEntry(
            id=ids.new(),
            tenant_id=key.tenant_id,
            actor=command.actor,
            verb="key.create",
            subject_kind="key",
            subject_id=key.id,
            details={"name": name, "scopes": key.scopes},
        )
    )
    await session.flush()
    events.record(session, events.Event("key.created", "key", key.id, {"name": name}))
    return KeyCreated(key, credential.presented())
