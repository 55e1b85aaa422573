"""The actor that processes an incoming webhook."""

from __future__ import annotations

from uuid import UUID

import dramatiq
import structlog
from dramatiq import Broker
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.flows.webhooks.process import process
from app.kernel import logs
from app.services.db import passing
from workers import queues
from workers.holder import RuntimeHolder

log = structlog.get_logger(__name__)

BEHIND_JOBS = 10
"""A burst of webhooks does not delay posts: messages of a lower number come first."""


def declare(broker: Broker, holder: RuntimeHolder) -> None:
    """Declare the actor."""

    async def process_webhook(delivery_id: str) -> None:
        with logs.bound():
            try:
                await process(holder.runtime, UUID(delivery_id))
            except (DBAPIError, PoolTimeout, OSError) as error:
                if not passing(error):
                    raise
                # The database is away or busy: the row is offered again by itself.
                log.warning("webhook.put_off", error=type(error).__name__)

    dramatiq.actor(actor_name=queues.PROCESS_WEBHOOK, queue_name=queues.WEBHOOKS, priority=BEHIND_JOBS, broker=broker)(
        process_webhook
    )
