"""Keep a platform's pace: of its application, of one account, of one workspace; and keep to what it said itself.

A short wait is waited out. A longer one moves the job, which uses no attempt. Platforms say how long they want to be
left alone by `Retry-After`, by a budget that is spent, or by a fault; that is shared with all workers and comes before
our own figures.
"""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from uuid import UUID

from app.domain.connections.model import Connection
from app.domain.jobs.verdict import NEEDS_TIME
from app.flows.runtime import Runtime
from app.services.limits import Limit
from connectors.faults import HINTS, Fault, FaultKind, PlatformFault
from connectors.quotas import Pace

SHORT = timedelta(seconds=2)
"""What is waited out while the job is in hand."""
SPREAD = 0.1
"""Share of a pause by which jobs that it moved are spread behind it, up to `MOST_SPREAD` seconds."""
MOST_SPREAD = 10.0


def of_account(connection_id: UUID) -> str:
    """The limit of one account."""
    return f"connection:{connection_id}"


def of_application(platform: str, server: str) -> str:
    """The limit of our application at one server of a platform."""
    return f"platform:{platform}:{server}"


async def keep_pace(rt: Runtime, tenant: UUID, connection_id: UUID, where: tuple[str, str], pace: Pace) -> None:
    """Wait until a post may leave, if that is soon. `where` is the platform and the server.

    Raises:
        PlatformFault: RATE_LIMITED with the time to wait: it is not soon, and nothing was sent.
    """
    settings = rt.settings
    limits = (
        Limit(of_account(connection_id), pace.per_second, pace.burst),
        Limit(of_application(*where), settings.platform_rate, settings.platform_burst),
        Limit(f"tenant:{tenant}", settings.tenant_rate, settings.tenant_burst),
    )
    patience = SHORT
    while (wait := await rt.limiter.take_all(limits)).time:
        if wait.time > patience:
            raise PlatformFault(_later(wait.time))
        patience -= wait.time
        await asyncio.sleep(wait.time.total_seconds())


async def held_for(rt: Runtime, connection: Connection) -> timedelta:
    """How long the platform wants an account, or our application, to be left alone; zero where it does not."""
    application = of_application(connection.platform, connection.server)
    return await rt.limiter.held((of_account(connection.id), application))


async def heed(rt: Runtime, connection_id: UUID, where: tuple[str, str], fault: Fault) -> None:
    """Share the pause that a fault asks for with all workers."""
    if fault.kind in NEEDS_TIME and fault.retry_after is not None:
        key = of_application(*where) if fault.shared else of_account(connection_id)
        await rt.limiter.hold(key, fault.retry_after)


def _later(wait: timedelta) -> Fault:
    spread = random.uniform(0, min(MOST_SPREAD, wait.total_seconds() * SPREAD))
    kind = FaultKind.RATE_LIMITED
    message = "Posts follow each other too fast for the platform or for this installation."
    return Fault(kind, message, HINTS[kind], retry_after=wait + timedelta(seconds=spread), code="pace")
