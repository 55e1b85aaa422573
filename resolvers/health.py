"""Whether posts go out: asked once, or followed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from app.domain.keys.model import Scope
from app.flows.health import read_health
from resolvers.context import Context, Info
from resolvers.loaders import refresh
from schema.health import Health

EVERY = 2.0
"""Seconds between two looks of a subscription."""


async def _look(context: Context) -> Health:
    caller = context.caller
    seen = await read_health(context.rt, caller.tenant_id, installation=Scope.OPERATOR in caller.scopes)
    return Health.of(seen)


async def health(info: Info) -> Health:
    """How it is now."""
    return await _look(info.context)


async def health_updated(info: Info) -> AsyncIterator[Health]:
    """How it is now, then whenever that has changed."""
    told: object = None
    while True:
        seen = await _look(info.context)
        if (essence := _essence(seen)) != told:
            refresh(info.context)
            yield seen
        told = essence
        await asyncio.sleep(EVERY)


def _essence(seen: Health) -> object:
    """What counts as a change: not that time has passed."""
    checks = [(check.name, check.state) for check in seen.checks]
    queues = [queue and [(one.state, one.count) for one in queue.depth] for queue in (seen.queue, seen.installation)]
    return checks, queues, seen.workers, seen.schedulers
