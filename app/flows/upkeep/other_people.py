"""Let go of what platforms tell about other people when the platform says so (`Capabilities.retention`).

Their words and names stand in notices, in events and in the bodies of deliveries; all three lose them. Bodies that wait
to be processed keep theirs: they are processed or dead long before.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.webhooks.thin import ACTIVITY, PEOPLE, thin
from app.domain.webhooks.model import WebhookDelivery, WebhookShare
from app.domain.webhooks.states import FINAL
from app.flows.runtime import Runtime
from connectors.receivers import RECEIVERS


async def let_go(rt: Runtime) -> None:
    """Take out what has had its time on every platform that sets one."""
    for connector in rt.catalog.all():
        platform, kept = connector.capabilities.key, connector.capabilities.retention
        limits = [(names, age) for names, age in ((PEOPLE, kept.people), (ACTIVITY, kept.activity)) if age is not None]
        if not limits:
            continue
        shortest = min(age for _, age in limits)
        async with rt.db.system() as session:
            await _empty_bodies(session, platform, kept.activity or shortest)
            old = WebhookShare.received_at < func.statement_timestamp() - shortest
            query = select(WebhookShare.tenant_id).where(WebhookShare.platform == platform, old).distinct()
            tenants = (await session.scalars(query)).all()
        for tenant in tenants:
            async with rt.db.transaction(tenant) as session:
                for names, age in limits:
                    await thin(session, platform, names, age=age)


async def _empty_bodies(session: AsyncSession, platform: str, age: timedelta) -> None:
    table = WebhookDelivery
    receivers = [key for key, one in RECEIVERS.items() if platform in one.platforms]
    query = update(table).where(
        table.receiver.in_(receivers),
        table.state.in_(FINAL),
        table.received_at < func.statement_timestamp() - age,
        table.body != b"",
    )
    await session.execute(query.values(body=b"").execution_options(synchronize_session=False))
