"""Reads of tenants."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

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


async def named(session: AsyncSession, keys: Sequence[UUID]) -> Sequence[Tenant]:
    """What tenants are called, for people who are members of several. For the system role, which sees no more."""
    seen = load_only(Tenant.id, Tenant.slug, Tenant.name, Tenant.created_at, Tenant.zone, raiseload=True)
    return (await session.scalars(select(Tenant).where(Tenant.id.in_(keys)).options(seen))).all()
