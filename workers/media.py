"""The actor that makes copies of a file ahead of time, so that no post waits for them."""

from __future__ import annotations

from uuid import UUID

import dramatiq
from dramatiq import Broker

from app.flows.publishing.copies import fit_ahead
from app.kernel import logs
from workers import queues
from workers.holder import RuntimeHolder


def declare(broker: Broker, holder: RuntimeHolder) -> None:
    """Declare the actor."""

    async def fit_media(tenant_id: str, media_id: str) -> None:
        with logs.bound(tenant_id=UUID(tenant_id)):
            await fit_ahead(holder.runtime, UUID(tenant_id), UUID(media_id))

    dramatiq.actor(actor_name=queues.FIT_MEDIA, queue_name=queues.UPKEEP, broker=broker)(fit_media)
