"""Try a delivery again that is dead, or that concerned nobody when it came; by force also one that is done.

Promise: effects that it had already are not had again, whatever is forced: what is gained is what an earlier release
did not understand. Without force, replaying one that is not dead changes nothing.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.webhooks.transition import transition
from app.domain.audit.model import AuditEntry
from app.domain.webhooks.errors import WebhookNotReplayable
from app.domain.webhooks.model import WebhookDelivery, WebhookShare
from app.domain.webhooks.queries import share as read_share
from app.domain.webhooks.states import DeliveryEvent, ShareState
from app.kernel import ids
from app.kernel.errors import NotFound
from app.services import events


async def replay(session: AsyncSession, delivery_id: UUID, *, force: bool = False) -> WebhookDelivery:
    """Put it back to where it came in, with all its tries; `force` takes one that is done, too. For the system role.

    Raises:
        NotFound: there is none, or it is not kept any more.
        WebhookNotReplayable: it is neither dead nor an orphan; by force: it is under way, or its body was deleted.
    """
    values = {"attempts": 0, "problem": None, "wake_at": func.clock_timestamp()}
    if force:
        kept = (func.octet_length(WebhookDelivery.body) > 0,)
        found = await transition(session, delivery_id, DeliveryEvent.READ_ANEW, where=kept, values=values)
    else:
        found = await transition(session, delivery_id, DeliveryEvent.REPLAY, values=values)
    if found is None:
        state = await session.scalar(select(WebhookDelivery.state).where(WebhookDelivery.id == delivery_id))
        if state is None:
            raise NotFound("webhook delivery", hint="It is not kept any more.", path=("input", "deliveryId"))
        raise WebhookNotReplayable(state)
    return found


async def take_up(session: AsyncSession, share_id: UUID, *, force: bool = False) -> WebhookShare:
    """Let a workspace's dead share wait again, by force also one that was applied; writes down who wanted it.

    Raises:
        NotFound: no such share in this tenant.
        WebhookNotReplayable: the share is not dead; by force: it waits already.
    """
    share = await read_share(session, share_id, lock=True)
    if share.state is not ShareState.DEAD and not (force and share.state is ShareState.APPLIED):
        raise WebhookNotReplayable(share.state)
    share.state, share.problem = ShareState.WAITING, None
    session.add(
        AuditEntry(
            id=ids.new(),
            tenant_id=share.tenant_id,
            actor=events.actor_of(session),
            verb="webhook.replay",
            subject_kind="webhook",
            subject_id=share.id,
            details={"platform": share.platform, "forced": force},
        )
    )
    await session.flush()
    return share
