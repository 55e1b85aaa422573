"""Write the tokens that a refresh gave.

Promise: they replace exactly the version that they were made from; a slower twin's answer is dropped. The renewal
stands in the health log.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, case, or_, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.connections.judge import line
from app.actions.connections.tokens import ends_at, store
from app.domain.connections.model import Connection
from app.services.db import tenant_of
from app.services.vault import Vault
from connectors.contract import Tokens

SAME_END = timedelta(minutes=5)
"""Ends no further apart are the same: platforms give seconds from now, and rounding moves them."""


async def refreshed(
    session: AsyncSession, vault: Vault, connection_id: UUID, tokens: Tokens, *, version: int, now: datetime
) -> Connection | None:
    """Store fresh tokens made from version `version`; None when the connection has newer ones already."""
    end = ends_at(tokens)
    query = (
        update(Connection)
        .where(
            Connection.tenant_id == tenant_of(session),
            Connection.id == connection_id,
            Connection.token_version == version,
        )
        .values(
            token_version=version + 1,
            token_expires_at=end,
            # A platform that gives the rest of the same grant begins no new life.
            life_began_at=case((_moved(end), now), else_=Connection.life_began_at),
            renewed_at=now,
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
        session.add(line(connection, "refresh", now, None))
    return connection


def _moved(end: datetime | None) -> ColumnElement[bool]:
    if end is None:
        return true()
    before = Connection.token_expires_at
    return or_(before.is_(None), before < end - SAME_END)
