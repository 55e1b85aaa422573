"""Write into the audit log of each workspace of a person what was done about the person. For the system role."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.audit.model import AuditEntry
from app.domain.people.queries import memberships_of
from app.kernel import ids


async def note_everywhere(
    session: AsyncSession, person_id: UUID, *, actor: str, verb: str, details: Mapping[str, object]
) -> None:
    """Write one line a workspace."""
    for place in await memberships_of(session, person_id):
        session.add(
            AuditEntry(
                id=ids.new(),
                tenant_id=place.tenant_id,
                actor=actor,
                verb=verb,
                subject_kind="person",
                subject_id=person_id,
                details=dict(details),
            )
        )
