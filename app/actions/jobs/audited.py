"""Write down who did something to a job that an administrator answers for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.audit.model import AuditEntry
from app.domain.jobs.model import Job
from app.kernel import ids
from app.services import events
from app.services.db import tenant_of


async def audit(session: AsyncSession, verb: str, job: Job, details: dict[str, Any]) -> None:
    """Add a line to the audit log, in the name of whoever acts in this transaction."""
    session.add(
        AuditEntry(
            id=ids.new(),
            tenant_id=job.tenant_id,
            actor=events.actor_of(session),
            verb=verb,
            subject_kind="job",
            subject_id=job.id,
            details=details,
        )
    )
    await session.flush()


async def audit_page(session: AsyncSession, entry_id: UUID, verb: str, details: dict[str, Any]) -> None:
    """Add the line of a bulk verb's call: what it was asked for and what came of each job."""
    actor = events.actor_of(session)
    session.add(
        AuditEntry(
            id=entry_id,
            tenant_id=tenant_of(session),
            actor=actor,
            verb=verb,
            subject_kind="jobs",
            subject_id=None,
            details=details,
        )
    )
    await session.flush()
