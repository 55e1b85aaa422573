"""What a person sees of themselves: who they are, where they are a member, and where they are signed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.domain.people.model import Person
from app.domain.people.queries import memberships_of, people, sessions_of
from app.domain.people.roles import Role
from app.domain.people.session_model import Session
from app.domain.tenants.model import Tenant
from app.domain.tenants.queries import named
from app.flows.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Self:
    """A person as they see themselves."""

    person: Person
    sessions: Sequence[Session]
    workspaces: Sequence[tuple[Tenant, Role]]

    def role_in(self, tenant: UUID) -> Role | None:
        """What they may do in a workspace; None: they are no member."""
        return next((role for row, role in self.workspaces if row.id == tenant), None)


async def of(rt: Runtime, person_id: UUID) -> Self:
    """Read it, by the system role: it goes over workspaces."""
    async with rt.db.system() as session:
        places = await memberships_of(session, person_id)
        tenants = {row.id: row for row in await named(session, [place.tenant_id for place in places])}
        return Self(
            (await people(session, [person_id]))[person_id],
            await sessions_of(session, person_id, rt.clock.now()),
            [(tenants[place.tenant_id], place.role) for place in places if place.tenant_id in tenants],
        )
