"""Pages of jobs, by keyset."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.jobs.model import Job
from app.domain.jobs.queries import JobFilter, every, ways
from app.services.paging import Page, PageRequest, Sort, page
from app.services.ways import keyset_of_any


class JobOrder(StrEnum):
    """The order of a list of jobs."""

    DUE_FIRST = "due_first"
    """By planned time, the earliest first."""
    DUE_LAST = "due_last"
    """By planned time, the latest first."""


SORTS = {
    JobOrder.DUE_FIRST: (Sort(Job.due_at), Sort(Job.id)),
    JobOrder.DUE_LAST: (Sort(Job.due_at, descending=True), Sort(Job.id, descending=True)),
}


async def jobs_page(session: AsyncSession, wanted: JobFilter, order: JobOrder, request: PageRequest) -> Page[Job]:
    """One page of the tenant's jobs.

    Raises:
        BadCursor: a cursor is not of this list and order.
    """
    sorts = SORTS[order]
    rows = (await session.scalars(keyset_of_any(every(session), ways(session, wanted), sorts, request))).all()
    return page(rows, sorts, request)
