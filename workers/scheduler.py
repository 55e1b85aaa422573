"""The scheduler: offers jobs and webhooks whose moment has come, and connections that want a look. It holds no state.

Any number may run, anywhere: rows are taken with SKIP LOCKED and moved on as they are offered. It sleeps until the
nearest moment, at most one scan, and offers no more than the workers can hold.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import timedelta
from itertools import chain
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.actions.connections.due import due_for_a_look
from app.actions.figures.clocks import bring_forward, make_clocks
from app.actions.figures.clocks import offer as offer_figures
from app.actions.jobs.offer import Offer, Skip, next_moment, offer
from app.actions.mail.due import due_mail
from app.actions.media.due import due_for_fitting
from app.actions.webhooks.due import due_for_processing
from app.flows.publishing.turns import PLATFORM, TENANT
from app.flows.runtime import Runtime
from app.flows.upkeep.foresight import foretell
from app.flows.upkeep.gauges import measure
from app.flows.upkeep.heartbeat import beat
from app.flows.upkeep.retention import sweep
from app.kernel import metrics
from app.services.wakeups import WakeUp, WakeUps
from workers import queues

log = structlog.get_logger(__name__)

CAPACITY = 100
"""Wake-ups that may wait in a queue; more would only wait there instead of in the table."""
MOST_TOGETHER = 5
"""Jobs that one message wakes at most. What a message costs is shared by them."""
LEAST_MESSAGES = 4
"""Messages among which the jobs of a scan are spread, so that several workers have something of them."""
TENANTS = 50
"""Tenants that take their turn in one scan."""
EACH = 20
"""Jobs of one tenant in one scan."""
CROWDED_PAUSE = 0.05
"""Seconds between two scans while all that is due waits for its share of the workers."""
FIGURES_AT_ONCE = 20
"""Wake-ups for figures that may wait: they are never urgent, and posts come first."""
SWEEP_EVERY = 300.0
MEASURE_EVERY = 10.0
FORETELL_EVERY = 300.0


async def run(rt: Runtime, wakeups: WakeUps, stop: asyncio.Event) -> None:
    """Schedule until `stop` is set."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_repeat(stop, "jobs", lambda: scan_jobs(rt, wakeups)))
        group.create_task(_repeat(stop, "connections", lambda: scan_connections(rt, wakeups)))
        group.create_task(_repeat(stop, "media", lambda: scan_media(rt, wakeups)))
        group.create_task(_repeat(stop, "mail", lambda: scan_mail(rt, wakeups)))
        group.create_task(_repeat(stop, "webhooks", lambda: scan_webhooks(rt, wakeups)))
        group.create_task(_repeat(stop, "figures", lambda: scan_figures(rt, wakeups)))
        group.create_task(_repeat(stop, "retention", lambda: _sweep(rt)))
        group.create_task(_repeat(stop, "gauges", lambda: _measure(rt)))
        group.create_task(_repeat(stop, "readiness", lambda: _foretell(rt)))
        group.create_task(_repeat(stop, "heartbeat", lambda: _beat(rt)))


async def scan_jobs(rt: Runtime, wakeups: WakeUps) -> float:
    """Offer due jobs once; gives how long to sleep."""
    room = CAPACITY - await wakeups.backlog(queues.JOBS) * MOST_TOGETHER
    if room <= 0:
        return CROWDED_PAUSE
    again = timedelta(seconds=rt.settings.timing.offer_again)
    crowded = await rt.crowds.ask()
    skip = Skip(
        tuple(key.removeprefix(PLATFORM) for key in crowded if key.startswith(PLATFORM)),
        tuple(UUID(key.removeprefix(TENANT)) for key in crowded if key.startswith(TENANT)),
    )
    async with rt.db.system() as session:
        # Together no more than there is room for; tenants that did not get a turn are first in the next scan.
        each = max(1, min(EACH, room))
        offers = await offer(session, tenants=max(1, min(TENANTS, room // each)), each=each, again=again, skip=skip)
        nearest = await next_moment(session)
    await wakeups.send(list(_together(offers)))
    metrics.OFFERS.inc(len(offers))
    if offers:
        return 0.0
    # What is crowded stays due: it is asked for at a walk.
    shortest = CROWDED_PAUSE if crowded else 0.005
    return min(rt.settings.timing.scan, max(shortest, (nearest - rt.clock.now()).total_seconds()))


async def scan_connections(rt: Runtime, wakeups: WakeUps) -> float:
    """Offer connections that want a look once; gives how long to sleep."""
    timing = rt.settings.timing
    async with rt.db.system() as session:
        due: Sequence[tuple[str, str]] = await due_for_a_look(session, limit=100, again=timing.monitor_interval)
    await wakeups.send(
        [WakeUp(queues.UPKEEP, queues.LOOK_AT_CONNECTION, (tenant, connection)) for tenant, connection in due]
    )
    return min(1.0, timing.monitor / 2)


async def _measure(rt: Runtime) -> float:
    await measure(rt)
    return MEASURE_EVERY


async def _foretell(rt: Runtime) -> float:
    await foretell(rt)
    return FORETELL_EVERY


async def _beat(rt: Runtime) -> float:
    await beat(rt)
    return rt.settings.timing.heartbeat_every


async def scan_media(rt: Runtime, wakeups: WakeUps) -> float:
    """Offer files that need copies once; gives how long to sleep."""
    again = timedelta(seconds=rt.settings.timing.offer_again)
    async with rt.db.system() as session:
        due = await due_for_fitting(session, limit=100, again=again)
    await wakeups.send([WakeUp(queues.UPKEEP, queues.FIT_MEDIA, ids) for ids in due])
    return 1.0


async def scan_mail(rt: Runtime, wakeups: WakeUps) -> float:
    """Offer mail that is to be sent once; gives how long to sleep."""
    again = timedelta(seconds=rt.settings.timing.offer_again)
    async with rt.db.system() as session:
        due = await due_mail(session, limit=20, again=again)
    await wakeups.send([WakeUp(queues.UPKEEP, queues.SEND_MAIL, (one,)) for one in due])
    return 1.0


async def scan_webhooks(rt: Runtime, wakeups: WakeUps) -> float:
    """Offer incoming webhooks that are due once; gives how long to sleep."""
    pause = rt.settings.timing.scan
    room = CAPACITY - await wakeups.backlog(queues.WEBHOOKS)
    if room <= 0:
        return pause
    again = timedelta(seconds=rt.settings.timing.offer_again)
    async with rt.db.system() as session:
        due = await due_for_processing(session, limit=room, again=again)
    await wakeups.send([WakeUp(queues.WEBHOOKS, queues.PROCESS_WEBHOOK, (delivery,)) for delivery in due])
    return 0.0 if len(due) == room else pause


async def scan_figures(rt: Runtime, wakeups: WakeUps) -> float:
    """Offer connections whose figures are due once; gives how long to sleep."""
    pause = rt.settings.timing.figures_scan
    room = FIGURES_AT_ONCE - await wakeups.backlog(queues.ANALYTICS)
    if room <= 0:
        return pause
    again = timedelta(seconds=rt.settings.timing.offer_again)
    async with rt.db.system() as session:
        await make_clocks(session, limit=1000)
        await bring_forward(session, again=again)
        due = await offer_figures(session, limit=room, again=again)
    await wakeups.send([WakeUp(queues.ANALYTICS, queues.COLLECT_FIGURES, ids) for ids in due])
    return pause


async def _sweep(rt: Runtime) -> float:
    await sweep(rt)
    return SWEEP_EVERY


def _together(offers: Sequence[Offer]) -> Iterator[WakeUp]:
    """Few offers each go by themselves; many go several in a message."""
    size = max(1, min(MOST_TOGETHER, len(offers) // LEAST_MESSAGES))
    for start in range(0, len(offers), size):
        pairs = [(str(one.tenant_id), f"{one.job_id}:{one.platform}") for one in offers[start : start + size]]
        yield WakeUp(queues.JOBS, queues.WAKE_JOB, tuple(chain.from_iterable(pairs)))


async def _repeat(stop: asyncio.Event, name: str, work: Callable[[], Awaitable[float]]) -> None:
    wait = 0.0
    while not stop.is_set():
        try:
            pause = await work()
            wait = 0.0
        except Exception as error:  # one chore that fails must not end the others: no post would go out any more
            # Mostly the database is away: nothing is lost, everything is due when it is back.
            wait = min(5.0, wait * 2 or 0.25)
            pause = wait
            expected = isinstance(error, SQLAlchemyError | OSError)
            log.warning("scheduler.waits", what=name, error=type(error).__name__, seconds=pause, exc_info=not expected)
        try:
            async with asyncio.timeout(pause):
                await stop.wait()
        except TimeoutError:
            continue
