"""Send a job whose moment has come, or let it wait for its platform: a breaker, a pause, an allowance.

What waits is a row that is parked or looked at later. It uses no attempt and holds no worker, and its workspace is told
once of a platform that is in trouble, not once a job.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

from app.actions.breakers.tell import tell_end, tell_trouble
from app.actions.jobs.reserve import QuotaSpent, room
from app.actions.jobs.wait import end_wait, wait_for, wait_on
from app.domain.breakers.states import Operation, Place
from app.domain.connections.model import Connection
from app.domain.jobs.late import LOOK_AGAIN
from app.domain.jobs.model import Job
from app.domain.jobs.states import ParkReason
from app.flows.limits.pace import held_for
from app.flows.limits.weather import Entry, Held
from app.flows.publishing.publish import publish
from app.flows.runtime import Runtime
from app.kernel import metrics
from app.services import events

SPREAD = 5.0
"""Seconds by which jobs are spread that wait for the same room in an allowance."""


async def send(rt: Runtime, tenant: UUID, job: Job, connection: Connection, worker: str) -> None:
    """Publish a job that is due, if its platform may be called and its allowances have room."""
    async with rt.weather.entering(place_of(job, connection)) as entry:
        if entry.held is not None:
            await _wait_for_platform(rt, tenant, job, entry.held)
            return
        await _publish(rt, tenant, job, worker)
    await _tell_recovery(rt, tenant, job, connection, entry)


async def send_after_all(rt: Runtime, tenant: UUID, job: Job, connection: Connection, worker: str) -> None:
    """Look at a job that waits for its platform: send it where that is over, else look again later."""
    if job.park_reason is ParkReason.QUOTA:
        until = await _no_room_until(rt, tenant, job, connection)
        if until is not None:
            await _look_at(rt, tenant, job, until)
            return
    async with rt.weather.entering(place_of(job, connection)) as entry:
        if entry.held is not None:
            await _look_at(rt, tenant, job, entry.held.until)
            return
        if await let_go(rt, tenant, job, connection, over=not entry.probe) is None:
            return
        await _publish(rt, tenant, job, worker)
    await _tell_recovery(rt, tenant, job, connection, entry)


async def let_go(rt: Runtime, tenant: UUID, job: Job, connection: Connection, *, over: bool) -> Job | None:
    """End a job's wait for its platform. Where the trouble is `over`, the workspace is told that, once."""
    if job.park_reason is None:
        return None
    async with rt.db.transaction(tenant) as session:
        events.act_as(session, "worker")
        released = await end_wait(session, job.id, job.park_reason)
        if released is not None and over and job.park_reason is ParkReason.BREAKER:
            await tell_end(session, place_of(job, connection))
    return released


@asynccontextmanager
async def looking(rt: Runtime, tenant: UUID, job: Job, connection: Connection) -> AsyncIterator[bool]:
    """Whether the platform may be asked about a job that was sent; where it may not, the job is looked at later."""
    async with rt.weather.entering(Place(job.platform, connection.server, Operation.READ)) as entry:
        pause = await held_for(rt, connection)
        if entry.held is None and not pause:
            yield True
            return
        later = rt.clock.now() + pause
        if entry.held is not None:
            await _look_at(rt, tenant, job, entry.held.until and max(entry.held.until, later))
        else:
            await _look_at(rt, tenant, job, later)
        yield False


async def _publish(rt: Runtime, tenant: UUID, job: Job, worker: str) -> None:
    try:
        await publish(rt, tenant, job.id, worker, rt.quotas(job.platform))
    except QuotaSpent:
        metrics.QUOTA_WAITS.labels(platform=job.platform).inc()
        await _wait_for_room(rt, tenant, job)


async def _tell_recovery(rt: Runtime, tenant: UUID, job: Job, connection: Connection, entry: Entry) -> None:
    if entry.recovered:
        async with rt.db.transaction(tenant) as session:
            events.act_as(session, "worker")
            await tell_end(session, place_of(job, connection))


def place_of(job: Job, connection: Connection) -> Place:
    """Which breakers concern the publishing of a job."""
    return Place(job.platform, connection.server, Operation.PUBLISH)


async def _wait_for_platform(rt: Runtime, tenant: UUID, job: Job, held: Held) -> None:
    async with rt.db.transaction(tenant) as session:
        events.act_as(session, "worker")
        if await wait_for(session, job.id, ParkReason.BREAKER, held.until) is not None:
            await tell_trouble(session, held.breaker)


async def _wait_for_room(rt: Runtime, tenant: UUID, job: Job) -> None:
    async with rt.db.transaction(tenant) as session:
        events.act_as(session, "worker")
        found = await room(session, job, rt.quotas(job.platform), rt.clock.now())
        until = None if found.at is None else _spread(found.at)
        await wait_for(session, job.id, ParkReason.QUOTA, until)


async def _no_room_until(rt: Runtime, tenant: UUID, job: Job, connection: Connection) -> datetime | None:
    """When to look again at a job that waits for room; None where there is room."""
    now = rt.clock.now()
    pause = await held_for(rt, connection)
    if pause:
        return _spread(now + pause)
    async with rt.db.read(tenant) as session:
        found = await room(session, job, rt.quotas(job.platform), now)
    if found.now:
        return None
    return max(job.publish_by, now + LOOK_AGAIN) if found.at is None else _spread(found.at)


async def _look_at(rt: Runtime, tenant: UUID, job: Job, until: datetime | None) -> None:
    async with rt.db.transaction(tenant) as session:
        await wait_on(session, job.id, until)


def _spread(moment: datetime) -> datetime:
    return moment + timedelta(seconds=random.uniform(0, SPREAD))
