"""What waits for connections, and what came too late for them: counted from the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.jobs.missed import alone, missed, never_sent
from app.domain.jobs.model import Job
from app.domain.jobs.states import WAITING, JobState
from app.services.db import tenant_of


@dataclass(frozen=True, slots=True)
class Backlog:
    """The figures of one connection."""

    id: UUID
    """The connection."""
    parked: int = 0
    """Jobs that go out when the connection can be used again."""
    planned: int = 0
    """Jobs that wait for their time."""
    missed: int = 0
    """Jobs that failed because their window passed, were never sent, and may be released."""


async def backlogs(session: AsyncSession, keys: Sequence[UUID]) -> Sequence[Backlog]:
    """The figures of each of these connections."""
    parked = func.count().filter(Job.state == JobState.PARKED)
    planned = func.count().filter(Job.state.in_(WAITING), Job.state != JobState.PARKED)
    late = func.count().filter(and_(missed(), never_sent(), alone()))
    query = (
        select(Job.connection_id, parked, planned, late)
        .where(
            Job.tenant_id == tenant_of(session),
            Job.connection_id.in_(keys),
            Job.state.in_((*WAITING, JobState.FAILED)),
        )
        .group_by(Job.connection_id)
    )
    found = {row[0]: Backlog(*row) for row in (await session.execute(query)).all()}
    return [found.get(key, Backlog(key)) for key in keys]
