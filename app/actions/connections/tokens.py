"""A connection's tokens between the vault and the rows.

Promise: tokens rest sealed, bound to their tenant, row and field; a write never replaces newer tokens than the ones
it was made from; the tokens before a refresh are kept as `previous` until the new ones have worked once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.connections.model import Connection, SealedTokens
from app.kernel import ids
from app.services.db import tenant_of
from app.services.vault import Place, Vault, VaultError
from connectors.capabilities import ConnectBy
from connectors.contract import Tokens
from connectors.secret import Secret

CURRENT, PREVIOUS = "current", "previous"
TABLE = SealedTokens.__tablename__


def pack(tokens: Tokens) -> Secret:
    """Tokens as one secret text."""
    fields: dict[str, Any] = {
        "access": tokens.access.reveal(),
        "refresh": tokens.refresh.reveal() if tokens.refresh else None,
        "expires_at": tokens.expires_at,
        "refresh_expires_at": tokens.refresh_expires_at,
        "scopes": tokens.scopes,
        "method": tokens.method.value,
        "extra": {name: value.reveal() for name, value in tokens.extra.items()},
    }
    return Secret(orjson.dumps(fields).decode())


def unpack(secret: Secret) -> Tokens:
    """The tokens that `pack` made."""
    fields = orjson.loads(secret.reveal())
    return Tokens(
        access=Secret(fields["access"]),
        refresh=Secret(fields["refresh"]) if fields["refresh"] else None,
        expires_at=_instant(fields["expires_at"]),
        refresh_expires_at=_instant(fields["refresh_expires_at"]),
        scopes=tuple(fields["scopes"]),
        method=ConnectBy(fields["method"]),
        extra={name: Secret(value) for name, value in fields["extra"].items()},
    )


def ends_at(tokens: Tokens) -> datetime | None:
    """When the access ends unless the user renews it; None: not by itself."""
    return tokens.refresh_expires_at if tokens.refresh is not None else tokens.expires_at


async def store(session: AsyncSession, vault: Vault, connection: Connection, tokens: Tokens, *, version: int) -> None:
    """Seal `tokens` as the connection's current ones; the ones before become `previous`.

    Ones that do not open are given up: connecting again is how a user mends them.
    """
    known = await _sealed(session, connection.id, CURRENT)
    if known is not None:
        try:
            before = vault.open(known.blob, Place(connection.tenant_id, TABLE, connection.id, CURRENT))
        except VaultError:
            await destroy(session, connection.id)
        else:
            await _write(session, vault, connection, before, PREVIOUS, known.version)
    await _write(session, vault, connection, pack(tokens), CURRENT, version)


async def load(session: AsyncSession, vault: Vault, connection: Connection, field: str = CURRENT) -> Tokens | None:
    """The connection's tokens; None where they were destroyed."""
    known = await _sealed(session, connection.id, field)
    if known is None:
        return None
    return unsealed(vault, connection, known.blob, field)


def unsealed(vault: Vault, connection: Connection, blob: bytes, field: str = CURRENT) -> Tokens:
    """The tokens in a sealed blob of the connection's.

    Raises:
        VaultError: it cannot be opened.
    """
    return unpack(vault.open(blob, Place(connection.tenant_id, TABLE, connection.id, field)))


async def proved(session: AsyncSession, connection_id: UUID) -> None:
    """The current tokens have worked: the ones before them are destroyed."""
    mine = (SealedTokens.tenant_id == tenant_of(session), SealedTokens.connection_id == connection_id)
    await session.execute(delete(SealedTokens).where(*mine, SealedTokens.field == PREVIOUS))


async def destroy(session: AsyncSession, connection_id: UUID) -> None:
    """Delete every sealed token of a connection: without the wrapped keys nothing can be opened any more."""
    mine = (SealedTokens.tenant_id == tenant_of(session), SealedTokens.connection_id == connection_id)
    await session.execute(delete(SealedTokens).where(*mine))


async def _sealed(session: AsyncSession, connection_id: UUID, field: str) -> SealedTokens | None:
    query = select(SealedTokens).where(
        SealedTokens.tenant_id == tenant_of(session),
        SealedTokens.connection_id == connection_id,
        SealedTokens.field == field,
    )
    found: SealedTokens | None = await session.scalar(query.execution_options(populate_existing=True))
    return found


async def _write(
    session: AsyncSession, vault: Vault, connection: Connection, secret: Secret, field: str, version: int
) -> None:
    blob = vault.seal(secret, Place(connection.tenant_id, TABLE, connection.id, field))
    sealed = {"blob": blob, "kek_id": vault.kek_of(blob), "version": version}
    row = {"id": ids.new(), "tenant_id": connection.tenant_id, "connection_id": connection.id, "field": field}
    query = insert(SealedTokens).values({**row, **sealed})
    unique = ["tenant_id", "connection_id", "field"]
    await session.execute(query.on_conflict_do_update(index_elements=unique, set_=sealed))


def _instant(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
