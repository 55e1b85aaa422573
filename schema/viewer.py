"""Who calls: the workspace, the key or the person, and what they may do."""

from __future__ import annotations

import strawberry

from app.domain.keys.model import Scope
from app.domain.people.roles import Role
from schema.keys import ApiKey, Tenant
from schema.people.person import Person, PersonSession, Workspace


@strawberry.type(description="Who calls.")
class Viewer:
    """The caller."""

    tenant: Tenant = strawberry.field(description="The workspace that is spoken for.")
    key: ApiKey | None = strawberry.field(description="The API key; null where none was presented.")
    scopes: list[Scope] = strawberry.field(description="What the caller may do.")
    person: Person | None = strawberry.field(description="The person who has signed in; null where a program calls.")
    role: Role | None = strawberry.field(description="The person's role in the workspace; null where a program calls.")
    sessions: list[PersonSession] = strawberry.field(
        description="The person's open sessions, in every workspace, the last used first; none of a program."
    )
    workspaces: list[Workspace] = strawberry.field(
        description="Where the person is a member, for `switchWorkspace`; none of a program."
    )
