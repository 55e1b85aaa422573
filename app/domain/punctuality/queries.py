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


async def figures(session: AsyncSession, tenant: UUID | None, *spans: timedelta) -> list[Figures]:
    """Of one workspace, or (in a system session) of all, over each of these times up to now, in one read."""
    now = func.statement_timestamp()
    sums = [
        func.coalesce(func.sum(column).filter(Punctuality.at > now - span), 0)
        for span in spans
        for column in (Punctuality.good, Punctuality.late)
    ]
    query = select(*sums).where(Punctuality.at > now - max(spans))
    if tenant is not None:
        query = query.where(Punctuality.tenant_id == tenant)
    found = [int(one) for one in (await session.execute(query)).one()]
    return [Figures(good, late) for good, late in zip(found[::2], found[1::2], strict=True)]
