"""Revoke an API key.

Promise: after the commit the key opens nothing; the edge tells every process, which closes the key's sockets.
Revoking a key twice is fine. Emits `key.revoked`; the act stands in the audit log.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.audit.model import AuditEntry
from app.domain.keys.model import ApiKey
from app.kernel import ids
from app.kernel.errors import NotFound
from app.services import events
from app.services.db import tenant_of


async def revoke(session: AsyncSession, key_id: UUID, *, now: datetime, actor: str) -> ApiKey:
    """Revoke the key.

    Raises:
        NotFound: no such key in this tenant.
    """
    mine = (ApiKey.tenant_id == tenant_of(session), ApiKey.id == key_id)
    key = await session.scalar(select(ApiKey).where(*mine).with_for_update())
    if key is None:
        raise NotFound("API key")
    if key.revoked_at is None:
        key.revoked_at = now
        session.add(
            AuditEntry(
                id=ids.new(),
                tenant_id=key.tenant_id,
                actor=actor,
                verb="key.revoke",
                subject_kind="key",
                subject_id=key.id,
                details={"name": key.name},
            )
        )
        await session.flush()
        events.record(session, events.Event("key.revoked", "key", key.id, {"name": key.name}))
    return key
