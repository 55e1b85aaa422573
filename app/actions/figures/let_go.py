"""Let go of figures that a platform lets nobody keep for longer: the snapshots and the newest ones alike."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.services.db import tenant_of

SNAPSHOTS = text(
    """
    DELETE FROM figure_snapshots old USING connections
    WHERE old.tenant_id = :tenant AND connections.tenant_id = :tenant AND connections.id = old.connection_id
      AND connections.platform = :platform AND connections.kind = :kind AND old.at < :before
    """
)
OF_POSTS = text(
    """
    UPDATE post_figures old SET figures = '{}', measured_at = NULL FROM connections
    WHERE old.tenant_id = :tenant AND connections.tenant_id = :tenant AND connections.id = old.connection_id
      AND connections.platform = :platform AND connections.kind = :kind AND old.measured_at < :before
    """
)
OF_ACCOUNTS = text(
    """
    UPDATE figure_collections old SET figures = '{}', measured_at = NULL FROM connections
    WHERE old.tenant_id = :tenant AND connections.tenant_id = :tenant AND connections.id = old.connection_id
      AND connections.platform = :platform AND connections.kind = :kind AND old.measured_at < :before
    """
)


async def let_go(session: AsyncSession, platform: str, kind: str, before: datetime) -> None:
    """Delete the figures of one kind of account on a platform that were told before a moment."""
    given = {"tenant": tenant_of(session), "platform": platform, "kind": kind, "before": before}
    for statement in (SNAPSHOTS, OF_POSTS, OF_ACCOUNTS):
        await session.execute(statement, given)
