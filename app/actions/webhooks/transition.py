"""The one way in which a delivery changes its state: guarded by the state table. For the system role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnExpressionArgument, func, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.webhooks.model import WebhookDelivery
from app.domain.webhooks.states import MACHINE, DeliveryEvent


async def transition(
    session: AsyncSession,
    delivery_id: UUID,
    event: DeliveryEvent,
    *,
    where: Sequence[ColumnExpressionArgument[bool]] = (),
    values: Mapping[str, Any] | None = None,
) -> WebhookDelivery | None:
    """Apply `event` if the state and the guards allow it; None changes nothing."""
    query = (
        update(WebhookDelivery)
        .where(WebhookDelivery.id == delivery_id, WebhookDelivery.state.in_(MACHINE.sources(event)), *where)
        .values(
            {
                "lease_until": None,
                **(values or {}),
                "state": MACHINE.target(event),
                "updated_at": func.clock_timestamp(),
            }
        )
        .returning(WebhookDelivery)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    found: WebhookDelivery | None = await session.scalar(query)
    return found
