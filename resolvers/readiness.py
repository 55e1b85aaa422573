"""Whether the jobs that are due soon will go out, as things stand now."""

from __future__ import annotations

from typing import Annotated

import strawberry

from app.flows.health.readiness.due import due_soon, due_until, how_many
from app.services.paging import PageRequest
from resolvers.context import Info
from schema.health.readiness import JobReadiness
from schema.paging import After, First, Listing, listing

Within = Annotated[float, strawberry.argument(description="How many hours to look ahead: at most 744.")]


async def readiness(info: Info, within: Within = 24, first: First = None, after: After = None) -> Listing[JobReadiness]:
    """The verdict on each job that waits and is due soon."""
    rt, tenant = info.context.rt, info.context.tenant
    until = due_until(rt.clock.now(), within)
    page = await due_soon(rt, tenant, until, PageRequest(first, after))

    async def count() -> int:
        return await how_many(rt, tenant, until)

    return listing(page, JobReadiness.of, count)
