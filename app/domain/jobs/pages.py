"""Pages of jobs, by keyset."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.jobs.filter import JobFilter
from app.domain.jobs.model import Job
from app.domain.jobs.queries import every, ways
from app.domain.jobs.states import JobState
from app.kernel.errors import InvalidInput
from app.services.paging import Page, PageRequest, Sort, page
from app.services.ways import keyset_of_any


class JobOrder(StrEnum):
    """The order of a list of jobs."""

    DUE_FIRST = "due_first"
    """By planned time, the earliest first."""
    DUE_LAST = "due_last"
    """By planned time, the latest first."""
    FAILED_FIRST = "failed_first"
    """Failed jobs only: by when they failed, the earliest first."""
    FAILED_LAST = "failed_last"
    """Failed jobs only: by when they failed, the latest first."""


SORTS = {
    JobOrder.DUE_FIRST: (Sort(Job.due_at), Sort(Job.id)),
    JobOrder.DUE_LAST: (Sort(Job.due_at, descending=True), Sort(Job.id, descending=True)),
    JobOrder.FAILED_FIRST: (Sort(Job.failed_at), Sort(Job.id)),
    JobOrder.FAILED_LAST: (Sort(Job.failed_at, descending=True), Sort(Job.id, descending=True)),
}
BY_FAILURE = (JobOrder.FAILED_FIRST, JobOrder.FAILED_LAST)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""Before every failure."""


async def jobs_page(session: AsyncSession, wanted: JobFilter, order: JobOrder, request: PageRequest) -> Page[Job]:
    """One page of the tenant's jobs.

    Raises:
        BadCursor: a cursor is not of this list and order.
        InvalidInput: a range of failure times is to be read in another order than theirs: no index gives that.
    """
    sorts = SORTS[order]
    if order not in BY_FAILURE and (wanted.failed_from is not None or wanted.failed_until is not None):
        raise InvalidInput(
            "Jobs that failed within a time are listed in the order in which they failed.",
            hint="Give orderBy: FAILED_LAST or FAILED_FIRST with failedFrom and failedUntil.",
            path=("orderBy",),
        )
    found = ways(session, in_order(wanted, order))
    rows = (await session.scalars(keyset_of_any(every(session), found, sorts, request))).all()
    return page(rows, sorts, request)


def in_order(wanted: JobFilter, order: JobOrder) -> JobFilter:
    """The jobs of a filter that an order has: by failure, those that have failed and have a time of it."""
    if order not in BY_FAILURE:
        return wanted
    states = wanted.in_states()
    if states is not None and JobState.FAILED not in states:
        return replace(wanted, states=())
    return replace(wanted, states=(JobState.FAILED,), failed_from=wanted.failed_from or BEGINNING)
