"""Reads of processes: which ones are alive."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.processes.model import Process


async def seen(session: AsyncSession, within: timedelta) -> dict[str, int]:
    """How many processes of each role gave a sign of life within this time."""
    alive = Process.seen_at >= func.clock_timestamp() - within
    query = select(Process.role, func.count().label("processes")).where(alive).group_by(Process.role)
    return {row.role: row.processes for row in (await session.execute(query)).all()}
