"""Cut callers' addresses in the audit log to their networks, once they have had their time."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import CursorResult, text

from app.flows.runtime import Runtime

BATCH = 2000
"""Lines that one transaction changes."""
# /24 and /48 are what providers hand out to whole sites: a network, and no person any more.
CUT = text(
    """
    UPDATE audit_log SET address = network(set_masklen(address, CASE family(address) WHEN 4 THEN 24 ELSE 48 END))
    WHERE id IN (
        SELECT id FROM audit_log
        WHERE masklen(address) IN (32, 128) AND at < clock_timestamp() - CAST(:kept AS interval)
        ORDER BY at LIMIT :batch FOR UPDATE SKIP LOCKED
    )
    """
)


async def cut_addresses(rt: Runtime) -> int:
    """Cut what is older than the setting allows; gives how many lines that were. Safe to run anywhere."""
    kept, done = timedelta(seconds=rt.settings.timing.address_retention), 0
    while True:
        async with rt.db.system() as session:
            result = await session.execute(CUT, {"kept": kept, "batch": BATCH})
        cut = result.rowcount if isinstance(result, CursorResult) else 0
        done += cut
        if cut < BATCH:
            return done
