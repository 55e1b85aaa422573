"""Take the files that need copies for platforms: one statement across tenants; and say that they are made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.media.model import MediaFile
from app.services.db import tenant_of

DUE = text(
    """
    WITH due AS MATERIALIZED (
        SELECT id FROM media WHERE fit_at <= statement_timestamp() ORDER BY fit_at LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE media SET fit_at = clock_timestamp() + :again FROM due WHERE media.id = due.id
    RETURNING media.tenant_id, media.id
    """
)


async def due_for_fitting(session: AsyncSession, *, limit: int, again: timedelta) -> Sequence[tuple[str, str]]:
    """Tenant and file of those whose moment has come; each is offered again after `again`."""
    rows = (await session.execute(DUE, {"limit": limit, "again": again})).all()
    return [(str(row.tenant_id), str(row.id)) for row in rows]


async def fitted(session: AsyncSession, media_id: UUID) -> None:
    """The copies are made, as far as they can be."""
    mine = (MediaFile.tenant_id == tenant_of(session), MediaFile.id == media_id)
    await session.execute(update(MediaFile).where(*mine).values(fit_at=None))
