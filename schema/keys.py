"""The workspace, the keys that programs call with, and what a key may do."""

from __future__ import annotations

from datetime import datetime

import strawberry

from app.domain.keys.model import ApiKey as Row
from app.domain.keys.model import Scope
from app.domain.tenants.model import Tenant as TenantRow
from schema.node import Node, encode
from schema.scalars import TimeZone


@strawberry.type(description="A workspace: the owner of connections, posts and keys.")
class Tenant:
    """A tenant."""

    id: strawberry.ID = strawberry.field(description="Its id.")
    slug: str = strawberry.field(description="Its short name, which operators use.")
    name: str = strawberry.field(description="Its name.")
    created_at: datetime = strawberry.field(description="When it was made.")
    zone: TimeZone | None = strawberry.field(description="Whose clock its people read; null: nobody has said, UTC.")

    @classmethod
    def of(cls, row: TenantRow) -> Tenant:
        """A tenant's row."""
        return cls(
            id=strawberry.ID(str(row.id)),
            slug=row.slug,
            name=row.name,
            created_at=row.created_at,
            zone=None if row.zone is None else TimeZone(row.zone),
        )


@strawberry.type(description="A key that a program calls with. Its secret is shown once, when it is made.")
class ApiKey(Node):
    """A key."""

    name: str = strawberry.field(description="What it is for.")
    scopes: list[Scope] = strawberry.field(description="What it may do.")
    created_at: datetime = strawberry.field(description="When it was made.")
    expires_at: datetime | None = strawberry.field(description="When it ends by itself; null: never.")
    revoked_at: datetime | None = strawberry.field(description="When it was revoked; null: it was not.")
    last_used_at: datetime | None = strawberry.field(description="When it was last used, to five minutes.")

    @classmethod
    def of(cls, row: Row) -> ApiKey:
        """A key's row."""
        return cls(
            id=encode("ApiKey", row.id),
            name=row.name,
            scopes=[Scope(word) for word in row.scopes],
            created_at=row.created_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
            last_used_at=row.last_used_at,
        )
