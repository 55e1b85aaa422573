"""Take a delivery to process it, also from a worker that did not come back.

Promise: one worker at a time has it, for the time of its lease; what it writes later about the delivery names the
fence given here. A delivery whose workers were lost too often is buried instead. For the system role.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.webhooks.share import bury_shares
from app.actions.webhooks.transition import transition
from app.domain.webhooks.model import WebhookDelivery
from app.domain.webhooks.states import DeliveryEvent

LOST = "Its workers were lost while they processed it."


async def take(
    session: AsyncSession, delivery_id: UUID, *, lease: timedelta, max_attempts: int
) -> WebhookDelivery | None:
    """The delivery, or None when there is nothing to do: it is final, or another worker has it."""
    now = func.clock_timestamp()
    mine = {
        "attempts": WebhookDelivery.attempts + 1,
        "fence": WebhookDelivery.fence + 1,
        "lease_until": now + lease,
        "wake_at": now + lease,
    }
    taken = await transition(session, delivery_id, DeliveryEvent.TAKE, values=mine)
    if taken is not None or not await _rescued(session, delivery_id, max_attempts):
        return taken
    return await transition(session, delivery_id, DeliveryEvent.TAKE, values=mine)


async def _rescued(session: AsyncSession, delivery_id: UUID, max_attempts: int) -> bool:
    """Whether it was taken from a worker that did not come back, and is to be tried again."""
    over = WebhookDelivery.lease_until < func.clock_timestamp()
    used_up = (over, WebhookDelivery.attempts >= max_attempts)
    buried = {"wake_at": None, "problem": LOST}
    if await transition(session, delivery_id, DeliveryEvent.BURY, where=used_up, values=buried) is not None:
        await bury_shares(session, delivery_id)
        return False
    again = {"wake_at": func.clock_timestamp()}
    return await transition(session, delivery_id, DeliveryEvent.RESCUE, where=(over,), values=again) is not None
