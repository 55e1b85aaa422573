"""The actor that looks at a job whose moment has come."""

from __future__ import annotations

import os
import socket
from uuid import UUID

import dramatiq
import structlog
from dramatiq import Broker
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.flows.publishing.wake import wake
from app.kernel import logs
from app.services.db import passing
from workers import queues
from workers.holder import RuntimeHolder

log = structlog.get_logger(__name__)


def declare(broker: Broker, holder: RuntimeHolder) -> None:
    """Declare the actor."""

    async def wake_job(tenant_id: str, job_id: str) -> None:
        with logs.bound(tenant_id=UUID(tenant_id), job_id=UUID(job_id)):
            try:
                await wake(holder.runtime, UUID(tenant_id), UUID(job_id), f"{socket.gethostname()}:{os.getpid()}")
            except (DBAPIError, PoolTimeout, OSError) as error:
                if not passing(error):
                    raise
                # The database is away or busy: the row is offered again by itself.
                log.warning("job.wake_put_off", error=type(error).__name__)

    dramatiq.actor(actor_name=queues.WAKE_JOB, queue_name=queues.JOBS, broker=broker)(wake_job)
