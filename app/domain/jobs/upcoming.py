"""Jobs that wait for a moment to come: those that are due soon, and those whose turn is before others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.jobs.filter import JobFilter
from app.domain.jobs.model import Job
from app.domain.jobs.states import WAITING
from app.kernel.late_policy import LatePolicy
from app.services.db import tenant_of

TURNS = 1_000
"""So many jobs that have their turn before others are looked at; the later ones are left out."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What of a waiting job decides what it leaves of the allowances."""

    id: UUID
    connection_id: UUID
    platform: str
    content: dict[str, Any]
    part: int
    ready_at: datetime
    publish_by: datetime
    late_policy: LatePolicy


def due_before(moment: datetime) -> JobFilter:
    """The jobs that wait and are due before a moment, those that are late included."""
    return JobFilter(states=WAITING, due_until=moment)


async def turns(
    session: AsyncSession,
    connections: Collection[UUID],
    platforms: Collection[str],
    within: tuple[datetime, datetime],
) -> Sequence[Waiting]:
    """The jobs that wait on these connections, or on any connection of these platforms, and are due within a time.

    What is due is in order and `TURNS` at most.
    """
    whose = or_(Job.connection_id.in_(connections), Job.platform.in_(platforms))
    mine = (Job.tenant_id == tenant_of(session), Job.state.in_(WAITING), whose)
    # The keys first: contents are read of those only that are given.
    first = select(Job.id).where(*mine, Job.due_at >= within[0], Job.due_at <= within[1])
    keys = first.order_by(Job.due_at, Job.id).limit(TURNS).subquery()
    columns = (Job.connection_id, Job.platform, Job.content, Job.part, Job.ready_at, Job.publish_by, Job.late_policy)
    query = select(Job.id, *columns).where(Job.tenant_id == tenant_of(session), Job.id.in_(select(keys.c.id)))
    return [Waiting(*row) for row in (await session.execute(query)).all()]


async def count_due(session: AsyncSession, moment: datetime) -> int:
    """How many jobs wait and are due before a moment."""
    due = (Job.tenant_id == tenant_of(session), Job.state.in_(WAITING), Job.due_at < moment)
    return int(await session.scalar(select(func.count()).select_from(Job).where(*due)) or 0)
