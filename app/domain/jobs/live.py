"""What a live feed of jobs reads: those that are not final, and those of a set that match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.jobs.filter import JobFilter
from app.domain.jobs.model import Job
from app.domain.jobs.pages import SORTS, JobOrder
from app.domain.jobs.queries import every, jobs, ways
from app.services.ways import first_of_any


async def not_final(session: AsyncSession, wanted: JobFilter, limit: int) -> Sequence[Job]:
    """Jobs that match and have not ended, in the order of their planned times."""
    found = ways(session, replace(wanted, final=False))
    return (await session.scalars(first_of_any(every(session), found, SORTS[JobOrder.DUE_FIRST], limit))).all()


async def matching(session: AsyncSession, wanted: JobFilter, keys: Sequence[UUID]) -> Sequence[Job]:
    """Those of these jobs that match."""
    return (await session.scalars(jobs(session, wanted).where(Job.id.in_(keys)))).all()
