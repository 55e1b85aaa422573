"""Reads of breakers: which ones hold something back. In a session of the system role."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.breakers.model import Breaker
from app.domain.breakers.states import BreakerState


async def standing(session: AsyncSession) -> Sequence[Breaker]:
    """The breakers that are not closed, in an order that does not change."""
    query = select(Breaker).where(Breaker.state != BreakerState.CLOSED)
    return (await session.scalars(query.order_by(Breaker.platform, Breaker.operation, Breaker.host))).all()
