"""The actor that looks at a connection: is its token alive, and for how long."""

from __future__ import annotations

from uuid import UUID

import dramatiq
from dramatiq import Broker

from app.flows.connections.monitor import look_at
from app.kernel import logs
from workers import queues
from workers.holder import RuntimeHolder


def declare(broker: Broker, holder: RuntimeHolder) -> None:
    """Declare the actor."""

    async def look_at_connection(tenant_id: str, connection_id: str) -> None:
        with logs.bound(tenant_id=UUID(tenant_id), connection_id=UUID(connection_id)):
            await look_at(holder.runtime, UUID(tenant_id), UUID(connection_id))

    dramatiq.actor(actor_name=queues.LOOK_AT_CONNECTION, queue_name=queues.UPKEEP, broker=broker)(look_at_connection)
