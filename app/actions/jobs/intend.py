"""Write down that the irreversible request is about to leave.

Promise: when it returns `True`, the intent is durable after the commit: a crash from here on leaves the outcome
unknown and is never followed by a blind resend. This commit is also where cancel and publish meet: a cancel that
came before it wins, and the job becomes cancelled; a cancel that comes after it is told that it is too late.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import exists, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.checkpoint import LeaseLost
from app.actions.jobs.transition import now, soon, transition
from app.domain.connections.model import Connection
from app.domain.connections.states import USABLE
from app.domain.jobs.model import Job, JobPart
from app.domain.jobs.states import JobEvent, JobStep
from app.services.db import tenant_of


@dataclass(frozen=True, slots=True)
class Intend:
    """Which part of which job, under which fence."""

    job_id: UUID
    fence: int
    lease: timedelta
    part: int


async def intend(session: AsyncSession, command: Intend) -> bool:
    """Write the intent, or stop.

    Returns:
        True when the request may leave; False when the job was cancelled instead, as the user asked.

    Raises:
        LeaseLost: the lease is over, or the connection was switched off meanwhile; nothing was written.
    """
    tenant = tenant_of(session)
    held = (Job.fence == command.fence, Job.lease_until > now())
    usable = exists().where(
        Connection.tenant_id == tenant, Connection.id == Job.connection_id, Connection.state.in_(USABLE)
    )
    job = await transition(
        session,
        command.job_id,
        JobEvent.INTEND,
        where=(*held, Job.cancel_requested_at.is_(None), usable),
        values={"step": JobStep.SENDING, "lease_until": soon(command.lease), "wake_at": soon(command.lease)},
        details={"part": command.part},
    )
    if job is not None:
        part = (JobPart.tenant_id == tenant, JobPart.job_id == job.id, JobPart.position == command.part)
        await session.execute(update(JobPart).where(*part).values(intended_at=now()))
        return True
    stopped = await transition(
        session,
        command.job_id,
        JobEvent.ABORT,
        where=(*held, Job.cancel_requested_at.is_not(None)),
        values={"step": None, "lease_until": None, "wake_at": None},
    )
    if stopped is None:
        raise LeaseLost(
            "The job was taken over, or its connection was switched off, before anything was sent.",
            hint="Nothing to do: it is looked at again when its lease ends.",
        )
    return False
