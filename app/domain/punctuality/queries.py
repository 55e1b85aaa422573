"""Reads of punctuality: how many posts were accepted in time since a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.punctuality.model import Punctuality


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of one stretch of time."""

    good: int = 0
    late: int = 0

    @property
    def achieved(self) -> float:
        """The share that was in time; 1 where there was nothing to do."""
        total = self.good + self.late
        return self.good / total if total else 1.0


async def figures(session: AsyncSession, tenant: UUID | None, within: timedelta) -> Figures:
    """Of one workspace, or (in a system session) of all, over the time that is named, up to now."""
    begin = func.statement_timestamp() - within
    query = select(func.coalesce(func.sum(Punctuality.good), 0), func.coalesce(func.sum(Punctuality.late), 0))
    query = query.where(Punctuality.at > begin)
    if tenant is not None:
        query = query.where(Punctuality.tenant_id == tenant)
    good, late = (await session.execute(query)).one()
    return Figures(int(good), int(late))
