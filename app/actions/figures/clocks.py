"""The clocks of figures, in the system's session: make one for each connection, bring it forward, offer what is due.

Nobody else has to think of figures: a connection that can be used gets its clock here, and a post that went out brings
its connection's clock forward, within a scan. So publishing does nothing for figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.figures.schedule import FIRST

USABLE = "state IN ('healthy', 'expiring_soon')"
MAKE = text(
    f"""
    INSERT INTO figure_collections (tenant_id, connection_id, platform, next_collect_at, account_due_at)
    SELECT tenant_id, id, platform, clock_timestamp(), clock_timestamp() FROM connections
    WHERE {USABLE} AND NOT EXISTS (
        SELECT FROM figure_collections known
        WHERE known.tenant_id = connections.tenant_id AND known.connection_id = connections.id)
    LIMIT :limit ON CONFLICT DO NOTHING
    """  # noqa: S608 -- composed of words of its own
)
FORWARD = text(
    """
    WITH gone_out AS MATERIALIZED (
        SELECT tenant_id, connection_id, min(published_at) AS at, max(published_at) AS newest FROM jobs
        WHERE published_at > statement_timestamp() - CAST(:back AS interval)
        GROUP BY tenant_id, connection_id
    )
    UPDATE figure_collections SET next_collect_at = gone_out.at + :first FROM gone_out
    WHERE figure_collections.tenant_id = gone_out.tenant_id
      AND figure_collections.connection_id = gone_out.connection_id
      AND figure_collections.next_collect_at > greatest(gone_out.at + :first, statement_timestamp()) + :again
      AND (figure_collections.enrolled_until IS NULL OR figure_collections.enrolled_until < gone_out.newest)
    """
)
OFFER = text(
    f"""
    WITH due AS MATERIALIZED (
        SELECT clock.tenant_id, clock.connection_id FROM figure_collections clock
        WHERE next_collect_at <= statement_timestamp() AND EXISTS (
            SELECT FROM connections WHERE connections.tenant_id = clock.tenant_id
              AND connections.id = clock.connection_id AND {USABLE})
        ORDER BY next_collect_at LIMIT :limit FOR UPDATE OF clock SKIP LOCKED
    )
    UPDATE figure_collections SET next_collect_at = clock_timestamp() + :again FROM due
    WHERE figure_collections.tenant_id = due.tenant_id AND figure_collections.connection_id = due.connection_id
    RETURNING figure_collections.tenant_id, figure_collections.connection_id
    """  # noqa: S608 -- the same
)
BACK = timedelta(hours=2)
"""How far back a scan looks for posts that went out; what an outage hides from it is found at the daily look."""


async def make_clocks(session: AsyncSession, *, limit: int) -> None:
    """Give a clock to connections that can be used and have none; the first look is at once."""
    await session.execute(MAKE, {"limit": limit})


async def bring_forward(session: AsyncSession, *, again: timedelta) -> None:
    """Let the connections of posts that went out be looked at when the first figures are due.

    What was just offered comes again within `again` by itself and stays as it is.
    """
    await session.execute(FORWARD, {"back": BACK, "first": FIRST[0], "again": again})


async def offer(session: AsyncSession, *, limit: int, again: timedelta) -> Sequence[tuple[str, str]]:
    """Tenant and connection of those whose moment has come; each is offered again after `again`."""
    rows = (await session.execute(OFFER, {"limit": limit, "again": again})).all()
    return [(str(row.tenant_id), str(row.connection_id)) for row in rows]
