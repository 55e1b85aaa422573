"""Take the deliveries whose moment has come: the scheduler's one statement. For the system role."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

DUE = text(
    """
    WITH due AS MATERIALIZED (
        SELECT id FROM webhook_deliveries WHERE wake_at <= statement_timestamp()
        ORDER BY wake_at LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE webhook_deliveries SET wake_at = clock_timestamp() + :again FROM due
    WHERE webhook_deliveries.id = due.id RETURNING webhook_deliveries.id
    """
)


async def due_for_processing(session: AsyncSession, *, limit: int, again: timedelta) -> Sequence[str]:
    """Deliveries whose moment has come; each is offered again after `again`."""
    return [str(row.id) for row in (await session.execute(DUE, {"limit": limit, "again": again})).all()]
