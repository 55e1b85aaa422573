"""The audit log, page by page."""

from __future__ import annotations

from functools import partial

from app.domain.audit import pages
from app.flows.audit_names import names_of
from app.services.paging import PageRequest
from resolvers.context import Info
from schema.audit import AuditEntry, AuditFilterInput, AuditWanted
from schema.paging import After, First, Listing, listing


async def audit_log(
    info: Info, wanted: AuditWanted = None, first: First = None, after: After = None
) -> Listing[AuditEntry]:
    """What was done in the workspace, newest first."""
    rt, tenant, which = info.context.rt, info.context.tenant, (wanted or AuditFilterInput()).wanted()

    async def count() -> int:
        async with rt.db.read(tenant) as session:
            return await pages.count(session, which)

    async with rt.db.read(tenant) as session:
        page = await pages.audit_page(session, which, PageRequest(first, after))
        names = await names_of(session, page.rows)
    return listing(page, partial(AuditEntry.of, names=names), count)
