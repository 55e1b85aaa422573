"""Whether posts go out, and what holds them up if not. Every figure is measured when it is asked for.

A workspace sees its own queue; what concerns the whole installation is added for operators. Each part has its time to
answer (see parts.py): a health page that hangs is no help.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.jobs import statistics
from app.flows.health.figures import Figures, read_figures
from app.flows.health.model import Check, Evidence, Health, HealthState, Installation, PlatformSeen, Queue
from app.flows.health.parts import PATIENCE, Parts, look, within
from app.flows.health.readiness.due import outlook
from app.flows.health.readiness.model import Outlook
from app.flows.runtime import Runtime
from app.flows.upkeep.punctuality import Standing, standing
from app.services.gates import Gate
from app.version import VERSION

COUNTING = 5.0
"""Seconds that figures have, which are counted from many rows."""
LATE = timedelta(seconds=30)
"""A job that has been due longer than this says that posts are late."""


async def read_health(rt: Runtime, tenant: UUID, parts: Callable[[], Awaitable[Parts]] | None = None) -> Health:
    """Look at everything that concerns a workspace, at the same time. `parts` gives those of a look that is shared."""
    found = await look(rt) if parts is None else await parts()
    queue, punctual = None, None
    platforms: tuple[PlatformSeen, ...] = ()
    if found.database:
        # The queue first and alone: what else is told must not take its time on a busy machine.
        queue = await within(_queue(rt, tenant))
        punctual, platforms = await asyncio.gather(within(_punctual(rt, tenant)), platforms_seen(rt, tenant))
    checks = [*found.checks, _reach(platforms)]
    if queue is not None:
        checks.append(_punctuality(queue, rt.clock.now()))
    return Health(
        checked_at=rt.clock.now(),
        version=VERSION,
        checks=tuple(checks),
        workers=found.running.get("worker", 0),
        schedulers=found.running.get("scheduler", 0),
        platforms=platforms,
        queue=queue,
        punctuality=punctual,
    )


async def platforms_seen(rt: Runtime, tenant: UUID) -> tuple[PlatformSeen, ...]:
    """Every platform, by key; nothing while the database does not answer."""
    try:
        async with asyncio.timeout(PATIENCE):
            breakers = await rt.weather.read()
            async with rt.db.read(tenant) as session:
                waiting = await statistics.parked(session)
    except (TimeoutError, SQLAlchemyError, OSError):
        return ()
    keys = [connector.capabilities.key for connector in rt.catalog.all()]
    return tuple(
        PlatformSeen(key, tuple(one for one in breakers if one.platform == key), waiting.get(key, {})) for key in keys
    )


def _reach(platforms: Sequence[PlatformSeen]) -> Check:
    kept = [one for one in platforms if one.breakers]
    evidence = (Evidence("left_alone", len(kept), "platforms"),)
    if kept:
        names = ", ".join(one.key for one in kept)
        message = f"Left alone for now: {names}. Posts wait; `health.platforms` says why."
        since = min(breaker.since for one in kept for breaker in one.breakers)
        return Check("platforms", HealthState.DEGRADED, message, since=since, evidence=evidence)
    return Check("platforms", HealthState.OK, "Nothing is left alone.", evidence=evidence)


async def read_installation(rt: Runtime) -> Installation | None:
    """What concerns all workspaces together, for operators; None while the database does not answer."""
    queue, punctual = await asyncio.gather(within(_queue(rt, None)), within(_punctual(rt, None)))
    return None if queue is None or punctual is None else Installation(queue, punctual)


async def figures(rt: Runtime, tenant: UUID | None) -> Figures | None:
    """What was counted for a workspace, or for all; None where that takes too long or the database is away."""
    return await within(read_figures(rt, tenant), COUNTING)


async def upcoming(rt: Runtime, tenant: UUID) -> Outlook | None:
    """How many of a workspace's next jobs go out; None where that takes too long or the database is away."""
    return await within(outlook(rt, tenant), COUNTING)


async def _punctual(rt: Runtime, tenant: UUID | None) -> Standing:
    async with rt.db.system() if tenant is None else rt.db.read(tenant) as session:
        return await standing(session, tenant, rt.settings.timing)


def _punctuality(queue: Queue, now: datetime) -> Check:
    oldest = queue.oldest_due_at
    late = timedelta() if oldest is None else max(timedelta(), now - oldest)
    evidence = (Evidence("oldest_due_for", late.total_seconds(), "seconds"),)
    if oldest is not None and late > LATE:
        message = f"A job has been due for {late.total_seconds():.0f} seconds."
        return Check("punctuality", HealthState.DEGRADED, message, since=oldest + LATE, evidence=evidence)
    return Check("punctuality", HealthState.OK, "Nothing is late.", evidence=evidence)


async def _queue(rt: Runtime, tenant: UUID | None) -> Queue:
    opened = rt.db.system() if tenant is None else rt.db.read(tenant)
    again = timedelta(seconds=rt.settings.timing.offer_again)
    async with opened as session:
        return Queue(
            depth=await statistics.by_state(session, tenant),
            oldest_due_at=await statistics.oldest_due(session, tenant, offered_for=again),
            dead_letters=await statistics.dead_letters(session, tenant),
            scheduler_lag=await _scheduler_lag(session, tenant),
        )


async def _scheduler_lag(session: AsyncSession, tenant: UUID | None) -> timedelta:
    query = select(func.clock_timestamp() - func.min(Gate.next_wake_at))
    if tenant is not None:
        query = query.where(Gate.tenant_id == tenant)
    lag: timedelta | None = await session.scalar(query)
    return max(lag, timedelta()) if lag is not None else timedelta()
