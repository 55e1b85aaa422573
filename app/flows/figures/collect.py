"""Look at a connection's figures when something of them is due: its posts, its account, days that are not known yet.

Promise: one run a connection at a time; what a page of posts brought is kept before the next one is asked for, so that
a crash repeats a page at most. Figures keep to the platform's limits and to its breaker, and never hold a post up: they
have a queue of their own, wait for every pause that posts wait for, and the pauses that they earn are theirs alone.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.figures.claim import Claim, begin, claim, due_posts
from app.actions.figures.keep import Run, RunLost, end
from app.domain.breakers.states import Operation, Place
from app.domain.connections.model import Connection
from app.domain.connections.queries import connection as read_connection
from app.domain.connections.rhythm import place as place_of
from app.domain.connections.states import USABLE
from app.domain.figures.model import Collection, Source
from app.domain.figures.queries import next_due, of_connections
from app.domain.figures.schedule import DAY, back_off
from app.flows.figures.look import Look, backfill_wanted, look, pause_of, pause_of_application
from app.flows.limits.pace import held_for
from app.flows.limits.weather import Held
from app.flows.runtime import Runtime
from app.kernel import ids, metrics
from app.kernel.errors import NotFound
from app.services import events
from connectors.catalog import UnknownPlatform
from connectors.contract import Connector
from connectors.faults import Fault

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=10)
"""How long a run owns the clock: longer than any run lasts."""
GO_ON = timedelta(seconds=30)
"""How soon the next run comes where something is left to do."""
SPREAD = timedelta(minutes=10)
"""Connections that waited for the same platform come back over this time, each at its own place in it."""


async def collect(rt: Runtime, tenant: UUID, connection_id: UUID) -> None:
    """Look once at what is due; nothing happens where another run holds the connection, or nothing is due."""
    try:
        async with rt.db.read(tenant) as session:
            connection = await read_connection(session, connection_id)
    except NotFound:
        return
    if connection.state not in USABLE:
        return
    try:
        connector = rt.catalog.get(connection.platform)
    except UnknownPlatform:  # it was taken out: its figures stay as they are
        return
    async with rt.weather.entering(Place(connection.platform, connection.server, Operation.READ)) as entry:
        try:
            await _collect(rt, tenant, connection, connector, await _not_before(rt, connection, entry.held))
        except RunLost:
            log.info("figures.run_lost", connection_id=str(connection_id))


async def _not_before(rt: Runtime, connection: Connection, held: Held | None) -> datetime | None:
    """When to come again, where the platform may not be asked now."""
    now, spread = rt.clock.now(), SPREAD * place_of(connection.id, "figures")
    own = await rt.limiter.held((pause_of(connection), pause_of_application(connection)))
    pause = max(await held_for(rt, connection), own)
    if held is not None:
        return max(held.until or now + back_off(1), now + pause) + spread
    return now + pause + spread if pause else None


async def _collect(
    rt: Runtime, tenant: UUID, connection: Connection, connector: Connector, later: datetime | None
) -> None:
    now = rt.clock.now()
    run = Run(ids.new(), connection.id, now, place_of(connection.id, "figures"))
    command = Claim(connection.id, run.id, now, LEASE)
    async with rt.db.transaction(tenant) as session:
        clock = await claim(session, command)
        if clock is None:
            return
        source = await _wanted(session, clock, connector, now)
        if later is not None or source is None:
            next_at = later or await _next(session, clock, connector, now)
            await end(session, run, next_at=next_at, failures=clock.failures, error=None, told=False)
            return
        await begin(session, command, source)
    fault = await look(Look(rt, tenant, connection, clock, run, source, connector))
    async with rt.db.transaction(tenant) as session:
        events.act_as(session, "worker")
        failures = clock.failures + 1 if fault else 0
        next_at = await _next(session, clock, connector, now)
        if fault is not None:
            next_at = now + max(fault.retry_after or timedelta(), back_off(failures))
        error = {"kind": fault.kind.value, "message": fault.message, "hint": fault.hint} if fault else None
        await end(session, run, next_at=next_at, failures=failures, error=error, told=True)
    _tell(connection, fault)


def _tell(connection: Connection, fault: Fault | None) -> None:
    outcome = "ok" if fault is None else "failed"
    metrics.FIGURE_RUNS.labels(platform=connection.platform, outcome=outcome).inc()
    if fault is not None:
        log.info("figures.run_failed", platform=connection.platform, fault=fault.kind)


async def _wanted(session: AsyncSession, clock: Collection, connector: Connector, now: datetime) -> Source | None:
    """What there is to do now."""
    if clock.account_due_at <= now or await due_posts(session, clock.connection_id, now, 1):
        return Source.POLL
    return Source.BACKFILL if backfill_wanted(connector, clock, now) else None


async def _next(session: AsyncSession, clock: Collection, connector: Connector, now: datetime) -> datetime:
    """When the next run comes, as things stand in the rows."""
    (known,) = await of_connections(session, [clock.connection_id]) or (clock,)
    if backfill_wanted(connector, known, now):
        return now + GO_ON
    return max(await next_due(session, clock.connection_id) or now + DAY, now + GO_ON)
