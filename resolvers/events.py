"""The event log, page by page."""

from __future__ import annotations

from app.flows.live.feed import refuse_expired
from app.services import events as log
from app.services.paging import Page, PageRequest
from resolvers.context import Info
from schema.events import Event, cursor_of, read_cursor
from schema.paging import After, Before, First, Last, Listing, listing


async def events(
    info: Info, after: After = None, first: First = None, last: Last = None, before: Before = None
) -> Listing[Event]:
    """What happened, oldest first: behind a cursor, from the oldest event that is kept, or the `last` ones."""
    rt, tenant, asked = info.context.rt, info.context.tenant, PageRequest(first, after, last, before)
    begin = 0 if after is None else max(0, read_cursor(tenant, after))
    end = None if before is None else read_cursor(tenant, before)

    async def count() -> int:
        async with rt.db.snapshot(tenant) as session:
            return await log.latest(session) + 1 - await log.oldest(session)

    async with rt.db.snapshot(tenant) as session:
        if after is not None:
            await refuse_expired(session, begin)
        if asked.forward:
            found = await log.read_after(session, begin, asked.size + 1)
            rows = tuple(row for row in found if end is None or row.seq < end)
        else:
            rows = tuple(await log.read_last(session, asked.size + 1, begin, end))
    more = len(rows) > asked.size
    kept = rows[: asked.size] if asked.forward else rows[len(rows) - asked.size :] if more else rows
    cursors = tuple(cursor_of(tenant, row.seq) for row in kept)
    has_next = more if asked.forward else before is not None
    has_previous = after is not None if asked.forward else more
    return listing(Page(kept, cursors, has_next, has_previous), Event.of, count)
