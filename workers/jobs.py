"""The actor that looks at jobs whose moment has come.

A message may name several: a thread then waits for all of them, and they run side by side on the event loop. What
may run at a time is not decided here, but by the bulkheads.
"""

from __future__ import annotations

import asyncio
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

    async def wake_jobs(*ids: str) -> None:
        pairs = list(zip(ids[::2], ids[1::2], strict=True))
        if len(pairs) == 1:
            await wake_job(*pairs[0])
            return
        ended = await asyncio.gather(*(wake_job(*pair) for pair in pairs), return_exceptions=True)
        for error in ended:
            if error is not None:
                raise error

    async def wake_job(tenant_id: str, job: str) -> None:
        job_id, _, platform = job.partition(":")
        who = f"{socket.gethostname()}:{os.getpid()}"
        with logs.bound(tenant_id=UUID(tenant_id), job_id=UUID(job_id)):
            try:
                await wake(holder.runtime, UUID(tenant_id), UUID(job_id), who, platform or None)
            except (DBAPIError, PoolTimeout, OSError) as error:
                if not passing(error):
                    raise
                # The database is away or busy: the row is offered again by itself.
                log.warning("job.wake_put_off", error=type(error).__name__)

    dramatiq.actor(actor_name=queues.WAKE_JOB, queue_name=queues.JOBS, broker=broker)(wake_jobs)
