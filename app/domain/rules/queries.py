"""Reads of publishing rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.rules.model import PublishingRules
from app.domain.rules.quiet import QuietHours
from app.kernel.late_policy import LatePolicy
from app.services.db import tenant_of


@dataclass(frozen=True, slots=True)
class Rules:
    """What was decided for the workspace or for one connection; None: nothing."""

    late_policy: LatePolicy | None = None
    quiet: QuietHours | None = None


async def rules(session: AsyncSession, connection_id: UUID | None = None) -> Rules:
    """What was decided for the workspace, or for just this connection."""
    mine = (
        PublishingRules.tenant_id == tenant_of(session),
        PublishingRules.connection_id.is_not_distinct_from(connection_id),
    )
    row = await session.scalar(select(PublishingRules).where(*mine))
    if row is None:
        return Rules()
    return Rules(row.late_policy, None if row.quiet is None else QuietHours.of(row.quiet))


async def quiet_hours(session: AsyncSession, connections: Sequence[UUID]) -> Mapping[UUID, QuietHours]:
    """The quiet hours that hold for each of these connections; those without any are left out."""
    query = select(PublishingRules.connection_id, PublishingRules.quiet).where(
        PublishingRules.tenant_id == tenant_of(session),
        or_(PublishingRules.connection_id.is_(None), PublishingRules.connection_id.in_(connections)),
        PublishingRules.quiet.is_not(None),
    )
    found = {row[0]: QuietHours.of(row[1]) for row in (await session.execute(query)).all()}
    held = {key: found.get(key, found.get(None)) for key in connections}
    return {key: quiet for key, quiet in held.items() if quiet is not None}
