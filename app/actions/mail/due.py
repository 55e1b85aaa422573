"""Take the mail whose moment has come: the scheduler's one statement. For the system role."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

DUE = text(
    """
    WITH due AS MATERIALIZED (
        SELECT id FROM mails WHERE wake_at <= statement_timestamp()
        ORDER BY wake_at LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE mails SET wake_at = clock_timestamp() + :again FROM due WHERE mails.id = due.id RETURNING mails.id
    """
)


async def due_mail(session: AsyncSession, *, limit: int, again: timedelta) -> Sequence[str]:
    """Mails whose moment has come; each is offered again after `again`."""
    return [str(row.id) for row in (await session.execute(DUE, {"limit": limit, "again": again})).all()]
