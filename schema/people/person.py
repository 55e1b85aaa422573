"""People as the API shows them: who they are, where they are members, and the sessions that they have open."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from app.domain.people.link_model import Invitation as InvitationRow
from app.domain.people.model import Person as PersonRow
from app.domain.people.queries import Member as MemberRow
from app.domain.people.roles import Role
from app.domain.people.session_model import Session as SessionRow
from app.domain.tenants.model import Tenant as TenantRow
from schema.keys import Tenant
from schema.node import encode
from schema.words import offer

offer(Role, "What a member may do in a workspace; each role holds all that the one before it holds.")


@strawberry.type(description="Somebody who signs in.")
class Person:
    """A person."""

    id: strawberry.ID = strawberry.field(description="Their id.")
    name: str = strawberry.field(description="What they are called.")
    address: str = strawberry.field(description="Their mail address.")
    verified_at: datetime | None = strawberry.field(
        description="When it was proved that they read the address's mail; null: never."
    )
    created_at: datetime = strawberry.field(description="When they came.")

    @classmethod
    def of(cls, row: PersonRow) -> Person:
        """A person's row."""
        return cls(
            id=encode("Person", row.id),
            name=row.name,
            address=row.address,
            verified_at=row.verified_at,
            created_at=row.created_at,
        )


@strawberry.type(description="A person's place in the workspace.")
class Member:
    """A member."""

    id: strawberry.ID = strawberry.field(description="The id, for `changeMemberRole` and `removeMember`.")
    person: Person = strawberry.field(description="Who it is.")
    role: Role = strawberry.field(description="What they may do.")
    joined_at: datetime = strawberry.field(description="Since when.")
    disabled: bool = strawberry.field(description="Whether the operator keeps them from signing in.")

    @classmethod
    def of(cls, row: MemberRow) -> Member:
        """A member's rows."""
        return cls(
            id=encode("Member", row.person.id),
            person=Person.of(row.person),
            role=row.membership.role,
            joined_at=row.membership.created_at,
            disabled=row.person.disabled_at is not None,
        )


@strawberry.type(description="A place in the workspace that is offered to an address, once, for seven days.")
class Invitation:
    """An invitation."""

    id: strawberry.ID = strawberry.field(description="The id, for `revokeInvitation`.")
    address: str = strawberry.field(description="Whom it is for.")
    role: Role = strawberry.field(description="What they will be allowed to do.")
    created_at: datetime = strawberry.field(description="When it was made.")
    expires_at: datetime = strawberry.field(description="When it ends by itself.")

    @classmethod
    def of(cls, row: InvitationRow) -> Invitation:
        """An invitation's row."""
        return cls(
            id=encode("Invitation", row.id),
            address=row.address,
            role=row.role,
            created_at=row.created_at,
            expires_at=row.expires_at,
        )


@strawberry.type(description="A sign-in of the caller that lasts.")
class PersonSession:
    """A session."""

    id: strawberry.ID = strawberry.field(description="Its id.")
    agent: str = strawberry.field(description="Browser and system in two words, or `a program`.")
    created_at: datetime = strawberry.field(description="When they signed in.")
    last_used_at: datetime = strawberry.field(description="When it was last used, to five minutes.")
    expires_at: datetime = strawberry.field(description="When it ends at the latest.")
    current: bool = strawberry.field(description="Whether this very call comes by it.")

    @classmethod
    def of(cls, row: SessionRow, current: UUID) -> PersonSession:
        """A session's row; `current` is the caller's own."""
        return cls(
            id=encode("Session", row.id),
            agent=row.agent,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            expires_at=row.expires_at,
            current=row.id == current,
        )


@strawberry.type(description="A workspace in which the caller is a member.")
class Workspace:
    """A workspace and a role."""

    tenant: Tenant = strawberry.field(description="The workspace.")
    role: Role = strawberry.field(description="What the caller may do there.")

    @classmethod
    def of(cls, row: TenantRow, role: Role) -> Workspace:
        """A tenant's row, and a role."""
        return cls(tenant=Tenant.of(row), role=role)
