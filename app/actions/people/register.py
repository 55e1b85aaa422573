"""Make a person, give them a place in a workspace, change their password.

Promise: an address belongs to one person in the installation, whatever its case. Runs in the system's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.people.model import Membership, Person
from app.domain.people.roles import Role
from app.kernel import ids
from app.kernel.errors import InvalidInput
from app.services.addresses import Address

LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Register:
    """Who they are."""

    address: Address
    name: str
    password_hash: str | None
    now: datetime
    verified: bool = False
    """It was proved that they read the address's mail."""
    operator: bool = False


def named(name: str, path: tuple[str, ...] = ("input", "name")) -> str:
    """A name that people can be called by.

    Raises:
        InvalidInput: it is empty or too long.
    """
    found = " ".join(name.split())
    if not 1 <= len(found) <= LONGEST_NAME:
        raise InvalidInput(
            f"A name has 1 to {LONGEST_NAME} characters.", hint="Give the name that others should see.", path=path
        )
    return found


async def register(session: AsyncSession, command: Register) -> UUID | None:
    """Make the person and give their id; None where the address is taken, and nothing was made."""
    values = {
        "id": ids.new(),
        "address": command.address.written,
        "address_key": command.address.key,
        "name": command.name,
        "password_hash": command.password_hash,
        "operator": command.operator,
        "verified_at": command.now if command.verified else None,
        "created_at": command.now,
    }
    made = insert(Person).values(values).on_conflict_do_nothing(index_elements=["address_key"]).returning(Person.id)
    found: UUID | None = await session.scalar(made)
    return found


async def join(session: AsyncSession, tenant_id: UUID, person_id: UUID, role: Role, now: datetime) -> None:
    """Give a person a place in a workspace; who has one already gets the role."""
    values = {"tenant_id": tenant_id, "person_id": person_id, "role": role, "created_at": now}
    place = insert(Membership).values(values)
    await session.execute(
        place.on_conflict_do_update(index_elements=["tenant_id", "person_id"], set_={"role": place.excluded.role})
    )


async def keep_password(session: AsyncSession, person_id: UUID, password_hash: str, *, instead_of: str | None) -> bool:
    """Keep a password's hash in place of the one that was read; False where another was kept meanwhile."""
    mine = (Person.id == person_id, Person.password_hash.is_not_distinct_from(instead_of))
    kept = update(Person).where(*mine).values(password_hash=password_hash).returning(Person.id)
    return await session.scalar(kept) is not None
