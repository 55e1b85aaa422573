"""Reads of the audit log: each function gives rows of the session's tenant."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.audit.model import AuditEntry
from app.kernel.errors import NotFound
from app.services.db import tenant_of


async def entry(session: AsyncSession, entry_id: UUID) -> AuditEntry:
    """One line.

    Raises:
        NotFound: no such line in this tenant.
    """
    mine = (AuditEntry.tenant_id == tenant_of(session), AuditEntry.id == entry_id)
    row = await session.scalar(select(AuditEntry).where(*mine))
    if row is None:
        raise NotFound("line of the audit log")
    return row


async def of_subject(session: AsyncSession, subject_id: UUID, limit: int) -> Sequence[AuditEntry]:
    """What was done to one thing, oldest first."""
    mine = (AuditEntry.tenant_id == tenant_of(session), AuditEntry.subject_id == subject_id)
    query = select(AuditEntry).where(*mine).order_by(AuditEntry.at, AuditEntry.id).limit(limit)
    return (await session.scalars(query)).all()
