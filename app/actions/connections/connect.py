"""Make a connection from what a platform granted, or repair the one that is there.

Promise: one connection a tenant and account; connecting again revives it, with its history. A repair accepts only
the same account. The tokens are sealed in the same transaction. Emits `connection.connected`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.connections.tokens import ends_at, store
from app.actions.connections.transition import transition
from app.domain.connections.errors import ConnectFailed, DifferentAccount
from app.domain.connections.model import Connection
from app.domain.connections.queries import connection as read_connection
from app.domain.connections.states import ConnectionEvent, ConnectionState
from app.kernel import ids
from app.kernel.storable import storable
from app.services.db import tenant_of
from app.services.vault import Vault
from connectors.contract import AccountGrant
from connectors.scopes import Scope


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
    needed: Sequence[Scope] = ()
    """The rights without which no post goes out: a repair that does not bring them mends nothing."""


async def connect(session: AsyncSession, vault: Vault, command: Connect) -> Connection:
    """Connect the account.

    Raises:
        NotFound: the connection to be repaired does not exist in this tenant.
        DifferentAccount: the user granted another account; nothing was changed.
        ConnectFailed: the user left out a right that posts need; nothing was changed.
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
        _refuse_less(command)
    row, again = await _upsert(session, command)
    values = {"reason": None, "refresh_failures": 0}
    connection = await transition(session, row, ConnectionEvent.CONNECT, values=values, details={"again": again})
    if connection is None:  # every state knows CONNECT, and the row is locked by this transaction
        raise RuntimeError("a connection that was just written cannot be connected")
    await store(session, vault, connection, command.grant.tokens, version=connection.token_version)
    return connection


def _refuse_less(command: Connect) -> None:
    granted = command.grant.tokens.scopes
    missing = [scope for scope in command.needed if granted and not scope.granted_by(granted)]
    if missing:
        names = ", ".join(scope.name for scope in missing)
        raise ConnectFailed(
            f"The account was not reconnected: without {names} no post could go out.",
            hint="Open the link again and allow everything that is asked for.",
            path=("input", "connectionId"),
        )


async def _upsert(session: AsyncSession, command: Connect) -> tuple[UUID, bool]:
    account, tokens = command.grant.account, command.grant.tokens
    facts: dict[str, Any] = {
        "kind": account.kind,
        "owner_id": account.owner_id,
        "granted_at": command.grant.granted_at or command.now,
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
        "renewed_at": command.now,
        "life_began_at": command.now,
        "ping_at": None,
        "told_at": None,
        "listen_at": None,
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
        .returning(Connection.id, Connection.token_version)
    )
    found = (await session.execute(query)).one()
    return found.id, found.token_version > 1
