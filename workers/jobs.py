"""The actor that looks at a job whose moment has come."""

from __future__ import annotations

import os
import socket
from uuid import UUID

import dramatiq
from dramatiq import Broker

from app.flows.wake import wake
from app.kernel import logs
from workers import queues
from workers.holder import RuntimeHolder


def declare(broker: Broker, holder: RuntimeHolder) -> None:
    """Declare the actor."""

    async def wake_job(tenant_id: str, job_id: str) -> None:
        with logs.bound(tenant_id=UUID(tenant_id), job_id=UUID(job_id)):
            await wake(holder.runtime, UUID(tenant_id), UUID(job_id), f"{socket.gethostname()}:{os.getpid()}")

    dramatiq.actor(actor_name=queues.WAKE_JOB, queue_name=queues.JOBS, broker=broker)(wake_job)
