"""Write the tokens that a refresh gave.

Promise: they replace exactly the version that they were made from; a slower twin's answer is dropped.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.connections.tokens import ends_at, store
from app.domain.connections.model import Connection
from app.services.db import tenant_of
from app.services.vault import Vault
from connectors.contract import Tokens


async def refreshed(
    session: AsyncSession, vault: Vault, connection_id: UUID, tokens: Tokens, *, version: int, now: datetime
) -> Connection | None:
    """Store fresh tokens made from version `version`; None when the connection has newer ones already."""
    query = (
        update(Connection)
        .where(
            Connection.tenant_id == tenant_of(session),
            Connection.id == connection_id,
            Connection.token_version == version,
        )
        .values(
            token_version=version + 1,
            token_expires_at=ends_at(tokens),
            refreshes_itself=tokens.refresh is not None,
            refresh_failures=0,
            last_ok_at=now,
        )
        .returning(Connection)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    connection = await session.scalar(query)
    if connection is not None:
        await store(session, vault, connection, tokens, version=version + 1)
    return connection
