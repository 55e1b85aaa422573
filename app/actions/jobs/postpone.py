"""Look at a job later: nobody knows more yet, and its state does not change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.transition import now, soon
from app.domain.jobs.model import Job, JobAttempt
from app.services import gates
from app.services.db import tenant_of


@dataclass(frozen=True, slots=True)
class Postponement:
    """Until when, and what was seen."""

    job_id: UUID
    fence: int
    wait: timedelta
    evidence: str
    exchanges: Sequence[dict[str, Any]] = field(default_factory=tuple)


async def postpone(session: AsyncSession, command: Postponement) -> None:
    """Give the lease back and look again after `wait`; a worker that lost its fence changes nothing."""
    mine = (Job.tenant_id == tenant_of(session), Job.id == command.job_id, Job.fence == command.fence)
    values = {"lease_until": None, "wake_at": soon(command.wait)}
    query = update(Job).where(*mine, Job.wake_at.is_not(None)).values(values).returning(Job.wake_at)
    wake_at = await session.scalar(query.execution_options(synchronize_session=False))
    if wake_at is None:
        return
    gates.lower(session, wake_at)
    attempt = (
        JobAttempt.tenant_id == tenant_of(session),
        JobAttempt.job_id == command.job_id,
        JobAttempt.fence == command.fence,
    )
    done = {"ended_at": now(), "outcome": command.evidence, "exchanges": list(command.exchanges)}
    await session.execute(update(JobAttempt).where(*attempt).values(done))
