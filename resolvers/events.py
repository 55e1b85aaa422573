"""The event log, page by page."""

from __future__ import annotations

from app.flows.live.feed import refuse_expired
from app.services import events as log
from app.services.paging import Page, PageRequest
from resolvers.context import Info
from schema.events import Event, cursor_of, read_cursor
from schema.paging import After, First, Listing, listing


async def events(info: Info, after: After = None, first: First = None) -> Listing[Event]:
    """What happened after a cursor, oldest first; without one, from the oldest event that is kept."""
    rt, tenant, size = info.context.rt, info.context.tenant, PageRequest(first).size
    seq = 0 if after is None else max(0, read_cursor(tenant, after))

    async def count() -> int:
        async with rt.db.snapshot(tenant) as session:
            return await log.latest(session) + 1 - await log.oldest(session)

    async with rt.db.snapshot(tenant) as session:
        if after is not None:
            await refuse_expired(session, seq)
        rows = tuple(await log.read_after(session, seq, size + 1))
    kept = rows[:size]
    cursors = tuple(cursor_of(tenant, row.seq) for row in kept)
    return listing(Page(kept, cursors, len(rows) > size, after is not None), Event.of, count)
