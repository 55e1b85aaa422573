"""Whether posts go out: asked once, or followed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from functools import partial

from app.domain.keys.model import Scope
from app.flows.health.model import Health as Seen
from app.flows.health.model import Installation
from app.flows.health.read import read_health, read_installation
from resolvers.context import Context, Info
from resolvers.loaders import refresh
from schema.health import Health

EVERY = 2.0
"""Seconds between two looks of a subscription."""


async def health(info: Info) -> Health:
    """How it is now."""
    rt, caller = info.context.rt, info.context.caller
    return await _seen(info.context, read_health(rt, caller.tenant_id), lambda: read_installation(rt))


async def _shared(context: Context) -> Health:
    """How it is, or was when somebody else looked less than `EVERY` ago."""
    rt, caller, share = context.rt, context.caller, context.looks.share
    own = share(("health", caller.tenant_id), partial(read_health, rt, caller.tenant_id), EVERY)
    return await _seen(context, own, lambda: share("installation", partial(read_installation, rt), EVERY))


async def _seen(context: Context, own: Awaitable[Seen], whole: Callable[[], Awaitable[Installation | None]]) -> Health:
    """What a caller may see: the installation's queue is for operators."""
    if Scope.OPERATOR not in context.rights.scopes:
        return Health.of(await own)
    seen, installation = await asyncio.gather(own, whole())
    return Health.of(replace(seen, installation=installation))


async def health_updated(info: Info) -> AsyncIterator[Health]:
    """How it is now, then whenever that has changed."""
    told: object = None
    while True:
        seen = await _shared(info.context)
        if (essence := _essence(seen)) != told:
            refresh(info.context)
            yield seen
        told = essence
        await asyncio.sleep(EVERY)


def _essence(seen: Health) -> object:
    """What counts as a change: not that time has passed."""
    checks = [(check.name, check.state) for check in seen.checks]
    queues = [queue and [(one.state, one.count) for one in queue.depth] for queue in (seen.queue, seen.installation)]
    platforms = [
        (
            one.key,
            [(held.operation, held.server, held.since, held.state) for held in one.breakers],
            [(waits.reason, waits.count) for waits in one.waiting],
        )
        for one in seen.platforms
    ]
    return checks, queues, platforms, seen.workers, seen.schedulers
