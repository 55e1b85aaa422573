"""The transaction of a mutation: the caller's tenant, and the caller's name on every event."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from app.services.events import act_as
from resolvers.context import Context


@asynccontextmanager
async def acting(context: Context) -> AsyncIterator[Any]:
    """One transaction; committed when the block ends well."""
    caller = context.caller
    async with context.rt.db.transaction(caller.tenant_id) as session:
        act_as(session, caller.actor)
        yield session
