"""Make a tenant, with its gate and its event counter.

Promise: after the commit keys can be made for it. Runs in the system's transaction.
"""

from __future__ import annotations

import re
from typing import ClassVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.tenants.model import Tenant
from app.kernel import ids
from app.kernel.errors import DomainError, InvalidInput
from app.services.gates import FOREVER, Gate

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class TenantExists(DomainError):
    """The slug is taken; nothing was made."""

    code: ClassVar[str] = "TENANT_EXISTS"


async def create(session: AsyncSession, slug: str, name: str) -> UUID:
    """Make the tenant and give its id.

    Raises:
        InvalidInput: the slug is not one.
        TenantExists: the slug is taken.
    """
    if not SLUG.fullmatch(slug):
        raise InvalidInput(
            f"{slug!r} is not a slug.", hint="Use 1 to 63 small letters, digits and hyphens.", path=("slug",)
        )
    tenant_id = ids.new()
    values = {"id": tenant_id, "slug": slug, "name": name.strip() or slug}
    made = insert(Tenant).values(values).on_conflict_do_nothing(index_elements=["slug"]).returning(Tenant.id)
    if await session.scalar(made) is None:
        raise TenantExists(f"There is a tenant {slug!r} already.", hint="Choose another slug.", path=("slug",))
    await session.execute(insert(Gate).values(tenant_id=tenant_id, next_wake_at=FOREVER))
    return tenant_id


async def find(session: AsyncSession, slug: str) -> UUID | None:
    """The id of the tenant of that slug; None where there is none."""
    found: UUID | None = await session.scalar(select(Tenant.id).where(Tenant.slug == slug))
    return found
