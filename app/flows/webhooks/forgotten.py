"""Empty the bodies of deliveries that speak of accounts which have ended."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from app.actions.webhooks.settle import forget
from app.domain.webhooks.queries import deliveries_about
from app.flows.runtime import Runtime


async def empty_bodies(rt: Runtime, tenant: UUID, connections: Sequence[UUID]) -> None:
    """Empty them, before the notices go that say which bodies they are."""
    if not connections:
        return
    async with rt.db.read(tenant) as session:
        deliveries = await deliveries_about(session, connections)
    async with rt.db.system() as session:
        await forget(session, deliveries)
