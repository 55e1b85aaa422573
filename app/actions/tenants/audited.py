"""Write down who did something to a workspace as a whole."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.audit.model import AuditEntry
from app.kernel import ids
from app.services import events


async def audit(session: AsyncSession, tenant_id: UUID, verb: str, details: dict[str, Any]) -> None:
    """Add a line to the workspace's audit log; in its own transaction or the system's."""
    session.add(
        AuditEntry(
            id=ids.new(),
            tenant_id=tenant_id,
            actor=events.actor_of(session),
            verb=verb,
            subject_kind="workspace",
            subject_id=tenant_id,
            details=details,
        )
    )
    await session.flush()
