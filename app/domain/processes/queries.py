"""Reads of processes: which ones are alive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.processes.model import Process


@dataclass(frozen=True, slots=True)
class Presence:
    """The living processes of one role."""

    count: int
    last: datetime
    """When the last of them was seen."""


async def last_sign(session: AsyncSession, role: str, host: str, pid: int) -> timedelta | None:
    """How long ago this process gave its last sign of life; None: it gave none."""
    mine = (Process.role == role, Process.host == host, Process.pid == pid)
    age: timedelta | None = await session.scalar(
        select(func.clock_timestamp() - func.max(Process.seen_at)).where(*mine)
    )
    return age


async def seen(session: AsyncSession, within: timedelta) -> dict[str, Presence]:
    """The processes of each role that gave a sign of life within this time."""
    alive = Process.seen_at >= func.clock_timestamp() - within
    query = select(Process.role, func.count(), func.max(Process.seen_at)).where(alive).group_by(Process.role)
    return {row[0]: Presence(row[1], row[2]) for row in (await session.execute(query)).all()}
