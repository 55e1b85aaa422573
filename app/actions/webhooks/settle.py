"""Write down what became of a try to process a delivery. For the system role.

Promise: nothing is written by a worker that lost its lease to another one. What is not final has a next moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.webhooks.share import bury_shares
from app.actions.webhooks.transition import transition
from app.domain.webhooks.model import WebhookDelivery
from app.domain.webhooks.states import FINAL, DeliveryEvent
from app.kernel.storable import storable


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of it."""

    delivery_id: UUID
    fence: int
    event: DeliveryEvent
    """FINISH, FIND_NOBODY, BACK_OFF or BURY."""
    problem: str | None = None
    wait: timedelta | None = None
    """Until the next try; for BACK_OFF alone."""
    counts: bool = True
    """Whether the try counts; False where it was the database's fault."""
    forget: bool = False
    """Whether the body is emptied: it names somebody who asked to be deleted."""


async def settle(session: AsyncSession, command: Settlement) -> WebhookDelivery | None:
    """Settle it; None where another worker has it by now."""
    values: dict[str, object] = {
        "problem": storable(command.problem),
        "wake_at": None if command.wait is None else func.clock_timestamp() + command.wait,
    }
    if not command.counts:
        values["attempts"] = WebhookDelivery.attempts - 1
    if command.forget:
        values["body"] = b""
    held = (WebhookDelivery.fence == command.fence,)
    settled = await transition(session, command.delivery_id, command.event, where=held, values=values)
    if settled is not None and command.event is DeliveryEvent.BURY:
        await bury_shares(session, command.delivery_id)
    return settled


async def forget(session: AsyncSession, deliveries: Sequence[UUID]) -> None:
    """Empty the bodies of deliveries that nobody processes any more: somebody in them asked to be deleted."""
    ended = (WebhookDelivery.id.in_(deliveries), WebhookDelivery.state.in_(FINAL))
    query = update(WebhookDelivery).where(*ended).values(body=b"")
    await session.execute(query.execution_options(synchronize_session=False))
