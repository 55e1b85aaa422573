"""Mutations about API keys."""

from __future__ import annotations

from typing import Annotated

import strawberry

from app.actions.keys.create import CreateKey, create
from app.actions.keys.revoke import revoke
from app.kernel.errors import InvalidInput
from resolvers.acting import acting
from resolvers.context import Info
from schema import key_results as results
from schema.keys import ApiKey
from schema.node import decode


async def create_api_key(
    info: Info,
    input: Annotated[results.CreateApiKeyInput, strawberry.argument(description="The key.")],  # noqa: A002 -- the argument's name in the API
) -> results.CreateApiKeyResult:
    """Make a key that may do no more than the caller's own."""
    caller, now = info.context.caller, info.context.rt.clock.now()
    own = info.context.rights.scopes
    if not own.issuperset(input.scopes):
        raise InvalidInput(
            "A key cannot be given a scope that your own key lacks.",
            hint=f"Choose among: {', '.join(sorted(scope.name for scope in own))}.",
            path=("input", "scopes"),
        )
    async with acting(info.context) as session:
        made = await create(session, CreateKey(input.name, input.scopes, now, caller.actor, input.expires_at))
    return results.ApiKeyCreated(key=ApiKey.of(made.key), secret=made.presented.reveal())


async def revoke_api_key(
    info: Info,
    input: Annotated[results.RevokeApiKeyInput, strawberry.argument(description="The key.")],  # noqa: A002 -- the argument's name in the API
) -> results.RevokeApiKeyResult:
    """Revoke a key; every process closes its sockets."""
    key_id, rt = decode(input.key_id, "ApiKey", ("input", "keyId")), info.context.rt
    async with acting(info.context) as session:
        row = await revoke(session, key_id, now=rt.clock.now(), actor=info.context.caller.actor)
    await rt.bus.announce_revoked(row.id)
    return results.ApiKeyRevoked(key=ApiKey.of(row))
