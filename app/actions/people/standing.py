"""Who is there, as an operator sees it, and keeping somebody out.

Promise: a person who is disabled comes in by nothing until that is undone. For the system role.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.people.model import Membership, Person
from app.domain.tenants.model import Tenant


@dataclass(frozen=True, slots=True)
class Standing:
    """A person, and where they are a member."""

    address: str
    name: str
    operator: bool
    disabled: bool
    places: list[tuple[str, str]] = field(default_factory=list)
    """Slug and role."""


async def everybody(session: AsyncSession) -> Sequence[Standing]:
    """Everybody of the installation, by address."""
    query = (
        select(Person, Tenant.slug, Membership.role)
        .outerjoin(Membership, Membership.person_id == Person.id)
        .outerjoin(Tenant, Tenant.id == Membership.tenant_id)
        .order_by(Person.address_key, Tenant.slug)
    )
    found: dict[UUID, Standing] = {}
    for person, slug, role in (await session.execute(query)).all():
        one = found.setdefault(
            person.id, Standing(person.address, person.name, person.operator, person.disabled_at is not None)
        )
        if slug is not None:
            one.places.append((slug, role.value))
    return list(found.values())


async def set_disabled(session: AsyncSession, person_id: UUID, at: datetime | None) -> None:
    """Keep a person out from a moment on; None lets them in again."""
    await session.execute(update(Person).where(Person.id == person_id).values(disabled_at=at))


async def set_operator(session: AsyncSession, person_id: UUID) -> None:
    """Let a person see and do what concerns the whole installation."""
    await session.execute(update(Person).where(Person.id == person_id).values(operator=True))
