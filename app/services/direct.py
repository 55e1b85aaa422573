"""Statements that are written out and go straight to the driver, within a tenant's transaction.

For the few statements that every post passes through. Asking the driver costs a tenth of what a statement costs that
is composed, looked up in the compiler's cache and turned into objects; a worker would spend most of its time on that.
They run in the session's own transaction, under the same role and tenant, and fail with the same errors. What the
session has not flushed yet they do not see: flush first where that matters.

Parameters are `$1`, `$2` and so on, in asyncpg's types; JSON goes in as text and comes out as objects.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.services.tenant_connection import TenantConnection


async def rows(session: AsyncSession, statement: str, *values: object) -> Sequence[asyncpg.Record]:
    """Run one statement and give its rows.

    Raises:
        IntegrityError: a constraint refused it.
        DBAPIError: it failed in another way; `app.services.db.passing` tells whether for now or for good.
    """
    driver = session.info.get("driver") or await _begun(session)
    try:
        found: Sequence[asyncpg.Record] = await driver.fetch(statement, *values)
    except asyncio.CancelledError:
        await (await session.connection()).invalidate()  # nobody knows how far it came
        raise
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        if not isinstance(error, asyncpg.PostgresError) or driver.is_closed():
            # The pool must not take it for a good one; what the transaction did is gone with it.
            await (await session.connection()).invalidate()
        kind = IntegrityError if isinstance(error, asyncpg.IntegrityConstraintViolationError) else DBAPIError
        raise kind(statement, None, error, hide_parameters=True) from error
    return found


async def row(session: AsyncSession, statement: str, *values: object) -> asyncpg.Record | None:
    """Run one statement and give its first row, or None."""
    found = await rows(session, statement, *values)
    return found[0] if found else None


async def with_commit(session: AsyncSession, name: str, definition: str, *values: UUID | int | bytes) -> None:
    """Run a statement as the last one of the transaction, in the round trip of its commit; it gives no rows.

    What fails in it is raised by the commit. `app.services.tenant_connection` says how it is written.
    """
    driver: TenantConnection = session.info.get("driver") or await _begun(session)
    try:
        await driver.end_with(name, definition, *values)
    except asyncio.CancelledError:
        await (await session.connection()).invalidate()
        raise
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        await (await session.connection()).invalidate()
        raise DBAPIError(name, None, error, hide_parameters=True) from error


async def _begun(session: AsyncSession) -> Any:
    await session.connection()
    return session.info["driver"]
