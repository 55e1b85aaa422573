"""Files of a tenant with the same bytes share one object in the store."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.services.db import tenant_of


async def hold_bytes(session: AsyncSession, sha256: str) -> None:
    """Let nobody else share, or stop to share, these bytes before this transaction ends."""
    name = func.hashtextextended(f"media:{tenant_of(session)}:{sha256}", 0)
    await session.execute(select(func.pg_advisory_xact_lock(name)))
