"""Reads of tenants."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.tenants.model import Tenant
from app.kernel.errors import NotFound
from app.services.db import tenant_of


async def own(session: AsyncSession) -> Tenant:
    """The session's own tenant.

    Raises:
        NotFound: it was erased meanwhile.
    """
    row = await session.scalar(select(Tenant).where(Tenant.id == tenant_of(session)))
    if row is None:
        raise NotFound("workspace")
    return row
