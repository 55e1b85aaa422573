"""Let go of figures when the platform says so (`Retention.figures`), in every workspace that has such accounts."""

from __future__ import annotations

from sqlalchemy import select

from app.actions.figures.let_go import let_go
from app.domain.connections.model import Connection
from app.flows.runtime import Runtime


async def let_figures_go(rt: Runtime) -> None:
    """Take out what has had its time on every platform that sets one."""
    for connector in rt.catalog.all():
        platform, limits = connector.capabilities.key, connector.capabilities.retention.figures
        if not limits:
            continue
        async with rt.db.system() as session:
            query = select(Connection.tenant_id).where(Connection.platform == platform).distinct()
            tenants = (await session.scalars(query)).all()
        for tenant in tenants:
            async with rt.db.transaction(tenant) as session:
                for kind, age in limits.items():
                    await let_go(session, platform, kind, rt.clock.now() - age)
