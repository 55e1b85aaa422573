"""Whether posts go out, and what holds them up if not. Every figure is measured when it is asked for.

A workspace sees its own queue; what concerns the whole installation is added for operators. Looking never takes
longer than `PATIENCE` a part: a health page that hangs is no help.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.jobs import statistics
from app.domain.processes import queries as processes
from app.flows.health.figures import Figures, read_figures
from app.flows.health.model import Check, Health, HealthState, Installation, PlatformSeen, Queue
from app.flows.health.readiness.due import outlook
from app.flows.health.readiness.model import Outlook
from app.flows.runtime import Runtime
from app.flows.upkeep.heartbeat import stall
from app.flows.upkeep.presence import BEAT
from app.flows.upkeep.punctuality import Standing, standing
from app.services import schema
from app.services.gates import Gate
from app.version import VERSION

T = TypeVar("T")
COUNTING = 5.0
"""Seconds that figures have, which are counted from many rows."""
PATIENCE = 1.0
"""Seconds that each part has to answer."""
ALIVE = timedelta(seconds=3 * BEAT)
"""A process that gave no sign of life for this long is not counted."""
BUS_SILENCE = 6.0
"""Seconds without any message, our own beat included, after which the bus counts as broken."""
LATE = timedelta(seconds=30)
"""A job that has been due longer than this says that posts are late."""


async def read_health(rt: Runtime, tenant: UUID) -> Health:
    """Look at everything that concerns a workspace, at the same time."""
    database, redis, seen = await asyncio.gather(_database(rt), _redis(rt), _processes(rt))
    queue, punctual, moving = None, None, None
    if database.state is HealthState.OK:
        # The queue first and alone: what else is told must not take its time on a busy machine.
        queue = await _within(_queue(rt, tenant))
        punctual, moving = await asyncio.gather(_within(_punctual(rt, tenant)), _within(_moving(rt)))
    checks = [database, redis, _bus(rt), _role("worker", seen), _role("scheduler", seen)]
    platforms = await platforms_seen(rt, tenant) if database.state is HealthState.OK else ()
    checks.append(_reach(platforms))
    if queue is not None:
        checks.append(_punctuality(queue, rt.clock.now()))
    if moving is not None:
        checks.append(moving)
    return Health(
        checked_at=rt.clock.now(),
        version=VERSION,
        checks=tuple(checks),
        workers=seen.get("worker", 0),
        schedulers=seen.get("scheduler", 0),
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
    kept = [one.key for one in platforms if one.breakers]
    if kept:
        message = f"Left alone for now: {', '.join(kept)}. Posts wait; `health.platforms` says why."
        return Check("platforms", HealthState.DEGRADED, message)
    return Check("platforms", HealthState.OK, "Nothing is left alone.")


async def read_installation(rt: Runtime) -> Installation | None:
    """What concerns all workspaces together, for operators; None while the database does not answer."""
    queue, punctual = await asyncio.gather(_within(_queue(rt, None)), _within(_punctual(rt, None)))
    return None if queue is None or punctual is None else Installation(queue, punctual)


async def figures(rt: Runtime, tenant: UUID | None) -> Figures | None:
    """What was counted for a workspace, or for all; None where that takes too long or the database is away."""
    return await _within(read_figures(rt, tenant), COUNTING)


async def upcoming(rt: Runtime, tenant: UUID) -> Outlook | None:
    """How many of a workspace's next jobs go out; None where that takes too long or the database is away."""
    return await _within(outlook(rt, tenant), COUNTING)


async def _punctual(rt: Runtime, tenant: UUID | None) -> Standing:
    async with rt.db.system() if tenant is None else rt.db.read(tenant) as session:
        return await standing(session, tenant, rt.settings.timing)


async def _moving(rt: Runtime) -> Check:
    async with rt.db.system() as session:
        found = await stall(session, rt.clock.now(), rt.settings.timing)
    if found is not None:
        return Check("publishing", HealthState.DOWN, found.message)
    return Check("publishing", HealthState.OK, "What is due is claimed.")


async def _within(work: Awaitable[T], patience: float = PATIENCE) -> T | None:
    try:
        async with asyncio.timeout(patience):
            return await work
    except (TimeoutError, SQLAlchemyError, OSError):
        return None


async def _timed(rt: Runtime, name: str, ask: Callable[[], Awaitable[str | None]]) -> Check:
    """Ask one part; `ask` gives what is not as it should be, or None."""
    start = rt.clock.boottime()
    try:
        async with asyncio.timeout(PATIENCE):
            complaint = await ask()
    except (TimeoutError, SQLAlchemyError, RedisError, OSError) as error:
        return Check(name, HealthState.DOWN, f"It does not answer ({type(error).__name__}).")
    seconds = rt.clock.boottime() - start
    if complaint is not None:
        return Check(name, HealthState.DEGRADED, complaint, seconds)
    return Check(name, HealthState.OK, "It answers.", seconds)


async def _database(rt: Runtime) -> Check:
    async def ask() -> str | None:
        async with rt.db.system() as session:
            found, wanted = await schema.current(session), schema.head()
        return None if found == wanted else f"Its schema is {found}, this release needs {wanted}: run `postd migrate`."

    return await _timed(rt, "database", ask)


async def _redis(rt: Runtime) -> Check:
    async def ask() -> str | None:
        await rt.redis.ping()
        return None

    return await _timed(rt, "redis", ask)


def _bus(rt: Runtime) -> Check:
    age = rt.bus.age
    if age is None or age > BUS_SILENCE:
        return Check("bus", HealthState.DEGRADED, "It is silent: live pages are late until Redis is back.")
    return Check("bus", HealthState.OK, "It speaks.", age)


async def _processes(rt: Runtime) -> Mapping[str, int]:
    try:
        async with asyncio.timeout(PATIENCE), rt.db.system() as session:
            return await processes.seen(session, ALIVE)
    except (TimeoutError, SQLAlchemyError, OSError):
        return {}


def _role(role: str, seen: Mapping[str, int]) -> Check:
    count = seen.get(role, 0)
    if not count:
        return Check(f"{role}s", HealthState.DOWN, f"No {role} is running: posts wait. Start one with `postd {role}`.")
    return Check(f"{role}s", HealthState.OK, f"{count} running.")


def _punctuality(queue: Queue, now: datetime) -> Check:
    late = timedelta() if queue.oldest_due_at is None else now - queue.oldest_due_at
    if late > LATE:
        return Check("punctuality", HealthState.DEGRADED, f"A job has been due for {late.total_seconds():.0f} seconds.")
    return Check("punctuality", HealthState.OK, "Nothing is late.")


async def _queue(rt: Runtime, tenant: UUID | None) -> Queue:
    opened = rt.db.system() if tenant is None else rt.db.read(tenant)
    again = timedelta(seconds=rt.settings.timing.offer_again)
    async with opened as session:
        return Queue(
            depth=await statistics.by_state(session, tenant),
            oldest_due_at=await statistics.oldest_due(session, tenant, offered_for=again),
            scheduler_lag=await _scheduler_lag(session, tenant),
        )


async def _scheduler_lag(session: AsyncSession, tenant: UUID | None) -> timedelta:
    query = select(func.clock_timestamp() - func.min(Gate.next_wake_at))
    if tenant is not None:
        query = query.where(Gate.tenant_id == tenant)
    lag: timedelta | None = await session.scalar(query)
    return max(lag, timedelta()) if lag is not None else timedelta()
