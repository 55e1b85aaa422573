"""Make a connection from what a platform granted, or repair the one that is there.

Promise: one connection a tenant and account; connecting again revives it, with its history. A repair accepts only
the same account. The tokens are sealed in the same transaction. Emits `connection.connected`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.connections.tokens import ends_at, store
from app.actions.connections.transition import transition
from app.domain.connections.errors import DifferentAccount
from app.domain.connections.model import Connection
from app.domain.connections.queries import connection as read_connection
from app.domain.connections.states import ConnectionEvent, ConnectionState
from app.kernel import ids
from app.kernel.storable import storable
from app.services.db import tenant_of
from app.services.vault import Vault
from connectors.contract import AccountGrant


@dataclass(frozen=True, slots=True)
class Connect:
    """What was granted, and by which way."""

    platform: str
    grant: AccountGrant
    now: datetime
    monitor: timedelta
    app_id: UUID | None = None
    repair: UUID | None = None
    """The connection that must be the same account; None for a new one."""


async def connect(session: AsyncSession, vault: Vault, command: Connect) -> Connection:
    """Connect the account.

    Raises:
        NotFound: the connection to be repaired does not exist in this tenant.
        DifferentAccount: the user granted another account; nothing was changed.
    """
    account = command.grant.account
    if command.repair is not None:
        known = await read_connection(session, command.repair)
        if known.external_id != account.external_id or known.platform != command.platform:
            raise DifferentAccount(
                f"You granted access to {account.handle}, but this connection is {known.handle}.",
                hint=f"Sign in as {known.handle} on the platform and try again, or connect {account.handle} anew.",
                path=("input", "connectionId"),
            )
    row = await _upsert(session, command)
    connection = await transition(session, row, ConnectionEvent.CONNECT, values={"reason": None, "refresh_failures": 0})
    if connection is None:  # every state knows CONNECT, and the row is locked by this transaction
        raise RuntimeError("a connection that was just written cannot be connected")
    await store(session, vault, connection, command.grant.tokens, version=connection.token_version)
    return connection


async def _upsert(session: AsyncSession, command: Connect) -> UUID:
    account, tokens = command.grant.account, command.grant.tokens
    facts: dict[str, Any] = {
        "kind": account.kind,
        "owner_id": account.owner_id,
        "granted_at": command.now,
        "handle": account.handle,
        "name": account.name,
        "server": account.server,
        "url": account.url,
        "avatar_url": account.avatar_url,
        "account_limits": dict(account.limits),
        "method": tokens.method.value,
        "granted_scopes": list(tokens.scopes),
        "token_expires_at": ends_at(tokens),
        "refreshes_itself": tokens.refresh is not None,
        "app_id": command.app_id,
        "last_ok_at": command.now,
        "next_check_at": command.now + command.monitor,
    }
    facts = storable(facts)
    row = {
        "id": ids.new(),
        "tenant_id": tenant_of(session),
        "platform": command.platform,
        "external_id": account.external_id,
        "state": ConnectionState.HEALTHY,
        "token_version": 1,
    }
    query = (
        insert(Connection)
        .values({**row, **facts})
        .on_conflict_do_update(
            index_elements=["tenant_id", "platform", "external_id"],
            set_={**facts, "token_version": Connection.token_version + 1},
        )
        .returning(Connection.id)
    )
    found = await session.scalar(query)
    if found is None:
        raise RuntimeError("an upsert gave no row")
    return found
