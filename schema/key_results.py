"""What clients send about API keys, and what mutations about them answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from app.domain.keys.model import Scope
from schema.errors import InvalidInput, NotFound
from schema.keys import ApiKey


@strawberry.input(description="A key to be made.")
class CreateApiKeyInput:
    """A key."""

    name: str = strawberry.field(description="What it is for, in 1 to 100 characters.")
    scopes: list[Scope] = strawberry.field(description="What it may do: none that your own key lacks.")
    expires_at: datetime | None = strawberry.field(default=None, description="When it ends by itself; null: never.")


@strawberry.input(description="A key to be revoked.")
class RevokeApiKeyInput:
    """A key."""

    key_id: strawberry.ID = strawberry.field(description="The key.")


@strawberry.type(description="The key is made. This is the only time that it is shown.")
class ApiKeyCreated:
    """Made."""

    key: ApiKey = strawberry.field(description="What is kept of it.")
    secret: str = strawberry.field(description="The key itself. Store it now: it is shown once.")


@strawberry.type(description="The key opens nothing any more, and its sockets are closed.")
class ApiKeyRevoked:
    """Revoked."""

    key: ApiKey = strawberry.field(description="The key as it is now.")


CreateApiKeyResult: TypeAlias = Annotated[
    ApiKeyCreated | InvalidInput,
    strawberry.union("CreateApiKeyResult", description="The key, or why it was not made."),
]
RevokeApiKeyResult: TypeAlias = Annotated[
    ApiKeyRevoked | NotFound,
    strawberry.union("RevokeApiKeyResult", description="The revoked key, or why it was not revoked."),
]
