"""Take the connections that want a look: the monitor's one statement, across tenants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

DUE = text(
    """
    WITH due AS MATERIALIZED (
        SELECT id FROM connections
        WHERE next_check_at <= statement_timestamp() AND state IN ('healthy', 'expiring_soon', 'attention')
        ORDER BY next_check_at LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE connections SET next_check_at = clock_timestamp() + :again FROM due WHERE connections.id = due.id
    RETURNING connections.tenant_id, connections.id
    """
)


async def due_for_a_look(session: AsyncSession, *, limit: int, again: timedelta) -> Sequence[tuple[str, str]]:
    """Tenant and connection of those whose moment has come; each is offered again after `again`."""
    rows = (await session.execute(DUE, {"limit": limit, "again": again})).all()
    return [(str(row.tenant_id), str(row.id)) for row in rows]
