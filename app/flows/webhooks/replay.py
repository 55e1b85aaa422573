"""Replay a delivery for a workspace: its share waits again, and the installation's delivery is put back.

Promise: both happen or neither; effects that were had are not had again. No transaction waits for the network here,
but one waits for the other role's short one.
"""

from __future__ import annotations

from uuid import UUID

from app.actions.webhooks.replay import replay, take_up
from app.domain.webhooks.model import WebhookShare
from app.flows.runtime import Runtime
from app.services.events import act_as


async def replay_share(rt: Runtime, tenant: UUID, actor: str, share_id: UUID, *, force: bool = False) -> WebhookShare:
    """Try a workspace's dead share again; `force` reads one anew that was applied.

    Raises:
        NotFound: no such share in this tenant, or the delivery is not kept any more.
        WebhookNotReplayable: it is not dead; by force: it is under way, or its body was deleted.
    """
    async with rt.db.transaction(tenant) as session:
        act_as(session, actor)
        share = await take_up(session, share_id, force=force)
        async with rt.db.system() as system:
            await replay(system, share.delivery_id, force=force)
    return share
