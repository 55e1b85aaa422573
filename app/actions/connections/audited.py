"""Write down who did something to a connection that an administrator answers for."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.audit.model import AuditEntry
from app.domain.connections.model import Connection
from app.kernel import ids
from app.services import events


async def audit(session: AsyncSession, verb: str, connection: Connection, details: dict[str, Any]) -> None:
    """Add a line to the audit log, in the name of whoever acts in this transaction."""
    session.add(
        AuditEntry(
            id=ids.new(),
            tenant_id=connection.tenant_id,
            actor=events.actor_of(session),
            verb=verb,
            subject_kind="connection",
            subject_id=connection.id,
            details=details,
        )
    )
    await session.flush()
