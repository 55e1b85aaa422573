"""The actor that looks at a connection's figures. It takes little of a worker: posts come first."""

from __future__ import annotations

from uuid import UUID

import dramatiq
import structlog
from dramatiq import Broker
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.flows.figures.collect import collect
from app.flows.figures.turns import Turns
from app.kernel import logs
from app.services.db import passing
from workers import queues
from workers.holder import RuntimeHolder

log = structlog.get_logger(__name__)

BEHIND_ALL = 20
"""Messages of a lower number come first."""


def declare(broker: Broker, holder: RuntimeHolder) -> None:
    """Declare the actor."""
    turns: list[Turns] = []

    async def collect_figures(tenant_id: str, connection_id: str) -> None:
        rt = holder.runtime
        if not turns:
            turns.append(Turns(rt.settings.worker_threads))
        with logs.bound(tenant_id=UUID(tenant_id), connection_id=UUID(connection_id)), turns[0].turn() as room:
            if not room:
                return  # the row is offered again by itself
            try:
                await collect(rt, UUID(tenant_id), UUID(connection_id))
            except (DBAPIError, PoolTimeout, OSError) as error:
                if not passing(error):
                    raise
                log.warning("figures.put_off", error=type(error).__name__)

    dramatiq.actor(actor_name=queues.COLLECT_FIGURES, queue_name=queues.ANALYTICS, priority=BEHIND_ALL, broker=broker)(
        collect_figures
    )
