"""Set the zone whose clock people of a workspace read. Plans keep their own zones; only what is told follows it."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.tenants.audited import audit
from app.domain.tenants.model import Tenant
from app.services.db import tenant_of


async def set_zone(session: AsyncSession, zone: str) -> None:
    """Set the session's own tenant's zone, an IANA name that exists."""
    await session.execute(update(Tenant).where(Tenant.id == tenant_of(session)).values(zone=zone))
    await audit(session, tenant_of(session), "tenant.zone", {"zone": zone})
