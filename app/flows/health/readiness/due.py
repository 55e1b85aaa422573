"""The jobs that are due soon, with the verdict on each: page by page, and counted.

Promise: a page costs the same number of statements whatever it holds. The count looks at `LOOKED_AT` jobs at most, the
next ones, and says so where there are more.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from app.domain.jobs.pages import JobOrder, jobs_page
from app.domain.jobs.upcoming import count_due, due_before
from app.flows.health.readiness.gather import foresee
from app.flows.health.readiness.model import Outlook, Readiness, Verdict
from app.flows.runtime import Runtime
from app.kernel.errors import InvalidInput
from app.services.paging import MAX_SIZE, Page, PageRequest

SOON = timedelta(hours=24)
"""How far ahead health looks."""
LONGEST_HOURS = 31 * 24
LOOKED_AT = 2 * MAX_SIZE


def due_until(now: datetime, hours: float) -> datetime:
    """The end of the next so many hours.

    Raises:
        InvalidInput: none, or more than a month of them.
    """
    if not 0 < hours <= LONGEST_HOURS:
        message = f"within must be more than 0 and at most {LONGEST_HOURS} hours, not {hours:g}."
        raise InvalidInput(message, hint="Give the hours to look ahead, e.g. 24.", path=("within",))
    return now + timedelta(hours=hours)


async def due_soon(rt: Runtime, tenant: UUID, until: datetime, request: PageRequest) -> Page[Readiness]:
    """The waiting jobs that are due before `until`, the earliest first, each with its verdict.

    Raises:
        BadCursor: a cursor is not of this list.
    """
    async with rt.db.read(tenant) as session:
        page = await jobs_page(session, due_before(until), JobOrder.DUE_FIRST, request)
    found = await foresee(rt, tenant, page.rows)
    return Page(tuple(found[job.id] for job in page.rows), page.cursors, page.has_next, page.has_previous)


async def how_many(rt: Runtime, tenant: UUID, until: datetime) -> int:
    """How many waiting jobs are due before `until`."""
    async with rt.db.read(tenant) as session:
        return await count_due(session, until)


async def outlook(rt: Runtime, tenant: UUID, within: timedelta = SOON) -> Outlook:
    """How many of the next jobs go out as things stand."""
    until, request = rt.clock.now() + within, PageRequest(first=MAX_SIZE)
    counts: Counter[Verdict] = Counter()
    while True:
        page = await due_soon(rt, tenant, until, request)
        counts.update(one.verdict for one in page.rows)
        if not page.has_next or counts.total() >= LOOKED_AT:
            break
        request = replace(request, after=page.end)
    return Outlook(until, {verdict: counts[verdict] for verdict in Verdict}, complete=not page.has_next)
