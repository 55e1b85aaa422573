"""The first administrator of a workspace, made on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.people.register import Register, join, named, register
from app.actions.people.resets import make
from app.actions.people.standing import set_operator
from app.actions.tenants.create import create as create_tenant
from app.actions.tenants.create import find
from app.domain.audit.model import AuditEntry
from app.domain.people.queries import by_address
from app.domain.people.roles import Role
from app.flows.people.links import Kind, link
from app.kernel import ids
from app.kernel.settings import Settings
from app.services.addresses import Address, normalised
from app.services.db import Database
from app.services.passwords import acceptable, hashed
from connectors.secret import Secret

ACTOR = "cli"


@dataclass(frozen=True, slots=True)
class FirstAdmin:
    """Who is to administer what."""

    address: str
    tenant: str
    """The workspace's slug; it is made where there is none."""
    name: str = ""
    password: Secret | None = None
    operator: bool = False


async def create_admin(db: Database, settings: Settings, wanted: FirstAdmin, now: datetime) -> Secret | None:
    """Make the person an administrator of the workspace; gives a link to choose a password, where they need one.

    Who has an account keeps its password: a password given here is for somebody new. It stands in the audit log.

    Raises:
        InvalidInput: the address, the name, the password or the slug cannot be used; nothing was made.
    """
    address = normalised(wanted.address, ("address",))
    name = named(wanted.name or address.written, ("name",))
    kept: str | None = None
    if wanted.password is not None:
        kept = await hashed(acceptable(wanted.password, address.written, ("password",)))
    async with db.system() as session:
        tenant = await find(session, wanted.tenant) or await create_tenant(session, wanted.tenant, wanted.tenant)
        person, has_password = await _person(session, address, Register(address, name, kept, now))
        await join(session, tenant, person, Role.ADMIN, now)
        if wanted.operator:
            await set_operator(session, person)
        details = {"address": address.written, "operator": wanted.operator}
        session.add(
            AuditEntry(
                id=ids.new(),
                tenant_id=tenant,
                actor=ACTOR,
                verb="member.create_admin",
                subject_kind="person",
                subject_id=person,
                details=details,
            )
        )
        if has_password:
            return None
        row = await make(session, person, now)
    return link(settings, Kind.RESET, row.id, row.expires_at)


async def _person(session: AsyncSession, address: Address, fresh: Register) -> tuple[UUID, bool]:
    """The person of the address, made where there is none, and whether they have a password."""
    made = await register(session, fresh)
    if made is not None:
        return made, fresh.password_hash is not None
    known = await by_address(session, address.key)
    if known is None:
        raise LookupError("a person was deleted while they were looked for")
    return known.id, known.password_hash is not None
