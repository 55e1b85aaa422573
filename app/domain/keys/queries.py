"""Reads of API keys: each function gives rows of the session's tenant."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.keys.model import ApiKey
from app.kernel.errors import NotFound
from app.services.db import tenant_of


async def key(session: AsyncSession, key_id: UUID) -> ApiKey:
    """One key.

    Raises:
        NotFound: no such key in this tenant.
    """
    row = await session.scalar(select(ApiKey).where(ApiKey.tenant_id == tenant_of(session), ApiKey.id == key_id))
    if row is None:
        raise NotFound("API key")
    return row


async def by_ids(session: AsyncSession, keys: Sequence[UUID]) -> Sequence[ApiKey]:
    """Keys by id, in no order."""
    mine = (ApiKey.tenant_id == tenant_of(session), ApiKey.id.in_(keys))
    return (await session.scalars(select(ApiKey).where(*mine))).all()
