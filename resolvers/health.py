"""Whether posts go out: asked once, or followed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar
from uuid import UUID

from strawberry.types.nodes import SelectedField, Selection

from app.domain.keys.model import Scope
from app.flows.health.figures import Figures
from app.flows.health.model import Health as Seen
from app.flows.health.model import Installation
from app.flows.health.parts import look
from app.flows.health.read import figures, read_health, read_installation, upcoming
from app.flows.health.readiness.model import Outlook
from resolvers.context import Context, Info
from resolvers.loaders import refresh
from schema.health.health import Asked, Health
from schema.health.platforms import Ask

T = TypeVar("T")

EVERY = 2.0
"""Seconds between two looks of a subscription."""
COUNTED = 30.0
"""Seconds for which subscribers believe what was counted: it costs more than a look."""
OF_PLATFORMS = {"lastHour", "lastDay", "allowances"}
OF_INSTALLATION = {"installationConnections", "installationPlatforms"}


async def health(info: Info) -> Health:
    """How it is now."""
    rt, caller = info.context.rt, info.context.caller
    asked = _asked(info.context, partial(figures, rt), partial(upcoming, rt, caller.tenant_id))
    return await _seen(info.context, read_health(rt, caller.tenant_id), lambda: read_installation(rt), asked)


def own_figures(context: Context) -> Ask:
    """What is counted for the caller's workspace, where somebody asks for it."""
    return once(partial(figures, context.rt, context.tenant))


async def health_updated(info: Info) -> AsyncIterator[Health]:
    """How it is now, then whenever what was asked for of it has changed."""
    told: object = None
    names = frozenset(_names(info.selected_fields))
    while True:
        seen = await _shared(info.context)
        if (essence := (_essence(seen), await _counted(seen.asked, names))) != told:
            refresh(info.context)
            yield seen
        told = essence
        await asyncio.sleep(EVERY)


def once(ask: Callable[[], Awaitable[T]]) -> Callable[[], Awaitable[T]]:
    """The same question, asked when somebody first wants the answer, and once however many do."""
    asking: asyncio.Future[T] | None = None

    async def answer() -> T:
        nonlocal asking
        if asking is None:
            asking = asyncio.ensure_future(ask())
        return await asking

    return answer


async def _shared(context: Context) -> Health:
    """How it is, or was when somebody else looked less than `EVERY` ago."""
    rt, caller, share = context.rt, context.caller, context.looks.share
    tenant = caller.tenant_id
    parts = partial(share, "parts", partial(look, rt), EVERY)
    own = share(("health", tenant), partial(read_health, rt, tenant, parts), EVERY)
    asked = _asked(
        context,
        lambda whose: share(("figures", whose), partial(figures, rt, whose), COUNTED),
        lambda: share(("outlook", tenant), partial(upcoming, rt, tenant), COUNTED),
    )
    return await _seen(context, own, lambda: share("installation", partial(read_installation, rt), EVERY), asked)


def _asked(
    context: Context,
    count: Callable[[UUID | None], Awaitable[Figures | None]],
    foresee: Callable[[], Awaitable[Outlook | None]],
) -> Asked:
    """What is counted where it is asked for: the installation's is for operators."""
    whole = partial(count, None) if Scope.OPERATOR in context.rights.scopes else _nothing
    return Asked(once(partial(count, context.tenant)), once(whole), once(foresee))


async def _nothing() -> None:
    return None


async def _seen(
    context: Context, own: Awaitable[Seen], whole: Callable[[], Awaitable[Installation | None]], asked: Asked
) -> Health:
    """What a caller may see: the installation's queue is for operators."""
    if Scope.OPERATOR not in context.rights.scopes:
        return Health.of(await own, asked)
    seen, installation = await asyncio.gather(own, whole())
    return Health.of(replace(seen, installation=installation), asked)


def _names(selected: Sequence[Selection]) -> Iterator[str]:
    """The fields that are asked for, at any depth and through fragments."""
    for one in selected:
        if isinstance(one, SelectedField):
            yield one.name
        yield from _names(one.selections)


async def _counted(asked: Asked, names: frozenset[str]) -> object:
    """What was counted of what is asked for."""
    outlook = await asked.outlook() if "readiness" in names else None
    own = await asked.figures() if "connections" in names or names & OF_PLATFORMS else None
    whole = await asked.installation() if names & OF_INSTALLATION else None
    return outlook and (outlook.counts, outlook.complete), own, whole


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
