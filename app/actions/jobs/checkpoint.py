"""Store what the repeatable half of a publish has done, and renew the lease with it.

Promise: after it returns, a crash repeats nothing that the checkpoint holds. It refuses a worker whose lease is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.transition import now, soon
from app.domain.jobs.model import Job
from app.domain.jobs.states import LEASED, JobState, JobStep
from app.kernel.errors import DomainError
from app.services import direct
from app.services.db import tenant_of

KEEP = "UPDATE job_parts SET checkpoint = $4 WHERE tenant_id = $1 AND job_id = $2 AND position = $3"


class LeaseLost(DomainError):
    """Another worker has taken the job over, or will: this one must stop and write nothing."""

    code = "LEASE_LOST"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What to keep of one part."""

    job_id: UUID
    fence: int
    lease: timedelta
    part: int
    step: JobStep
    data: Mapping[str, Any]


async def checkpoint(session: AsyncSession, command: Checkpoint) -> None:
    """Store the checkpoint of the part under way.

    Raises:
        LeaseLost: the fence or the lease is not ours any more; nothing was stored.
    """
    await renew(session, job_id=command.job_id, fence=command.fence, lease=command.lease, step=command.step)
    kept = orjson.dumps(dict(command.data)).decode()
    await direct.rows(session, KEEP, tenant_of(session), command.job_id, command.part, kept)


async def renew(
    session: AsyncSession, *, job_id: UUID, fence: int, lease: timedelta, step: JobStep | None = None
) -> None:
    """Hold the job for another lease.

    Raises:
        LeaseLost: the fence or the lease is not ours any more.
    """
    held = [
        Job.tenant_id == tenant_of(session),
        Job.id == job_id,
        Job.fence == fence,
        Job.state.in_(LEASED),
        Job.lease_until > now(),
    ]
    values: dict[str, Any] = {"lease_until": soon(lease), "wake_at": soon(lease)}
    if step is not None:
        held.append(Job.state == JobState.PUBLISHING)
        values["step"] = step
    query = update(Job).where(*held).values(values).returning(Job.id).execution_options(synchronize_session=False)
    if await session.scalar(query) is None:
        raise LeaseLost("Another worker holds this job now.", hint="Nothing to do: the other worker goes on.")
