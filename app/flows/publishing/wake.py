"""Look at a job whose moment has come, and do what its state asks for.

A wake-up carries an id and nothing else. It may come late, twice or from the past: the row decides, and ten wake-ups
do no more than one.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.actions.jobs.hold import hold
from app.actions.jobs.park import miss, park, release_connection, stay_parked
from app.actions.jobs.rescue import rescue
from app.domain.connections.model import Connection
from app.domain.connections.queries import connection as read_connection
from app.domain.connections.states import USABLE, ConnectionState
from app.domain.jobs.model import Job
from app.domain.jobs.states import OF_THE_CONNECTION, JobState, ParkReason
from app.flows.publishing.holding import let_go, looking, send, send_after_all
from app.flows.publishing.quiet import quiet_until
from app.flows.publishing.reconcile import poll, reconcile
from app.flows.publishing.turns import Wanted, in_turn
from app.flows.runtime import Runtime
from app.kernel import metrics
from app.services import direct, events
from app.services.records import columns, reader

LOOK = f"""
    SELECT {columns(Job)}, {columns(Connection, "its_")},
        EXISTS (SELECT FROM publishing_rules WHERE tenant_id = $1 AND quiet IS NOT NULL) AS has_quiet_hours
    FROM jobs JOIN connections ON connections.tenant_id = jobs.tenant_id AND connections.id = jobs.connection_id
    WHERE jobs.tenant_id = $1 AND jobs.id = $2
"""  # noqa: S608 -- composed of the columns' names

_job, _connection = reader(Job), reader(Connection, "its_")


async def wake(rt: Runtime, tenant: UUID, job_id: UUID, worker: str) -> None:
    """Do what the job needs now; nothing where it has moved on or is gone."""
    async with rt.db.read(tenant) as session:
        row = await direct.row(session, LOOK, tenant, job_id)
        if row is None:
            return
        job, connection = _job(row), _connection(row)
        quiet = await quiet_until(session, job, rt.clock.now()) if row["has_quiet_hours"] else None
    if quiet is None or connection.state not in USABLE or not await _held(rt, tenant, job, quiet):
        await in_turn(rt, Wanted(tenant, job, connection), lambda wanted: _attend(rt, wanted, worker))


async def _attend(rt: Runtime, wanted: Wanted, worker: str) -> None:
    tenant, job, connection = wanted.tenant, wanted.job, wanted.connection
    match job.state:
        case JobState.SCHEDULED | JobState.RETRYING:
            if await _missed(rt, tenant, job):
                return
            if connection.state in USABLE:
                await send(rt, tenant, job, connection, worker)
            else:
                await _park(rt, tenant, job.id, job.connection_id)
        case JobState.PARKED:
            if not await _missed(rt, tenant, job):
                await _unpark(rt, tenant, job, connection, worker)
        case JobState.PUBLISHING:
            await _rescue(rt, tenant, job)
        case JobState.PROCESSING:
            async with looking(rt, tenant, job, connection) as may:
                if may:
                    await poll(rt, tenant, job.id, worker)
        case JobState.UNKNOWN:
            async with looking(rt, tenant, job, connection) as may:
                if may:
                    await reconcile(rt, tenant, job.id, worker)
        case JobState.NEEDS_REVIEW | JobState.PUBLISHED | JobState.FAILED | JobState.CANCELLED:
            return


async def _unpark(rt: Runtime, tenant: UUID, job: Job, connection: Connection, worker: str) -> None:
    """Let a job out whose condition is over; one that waited for its platform goes on at once."""
    usable = connection.state in USABLE
    if job.park_reason not in OF_THE_CONNECTION:
        if usable:
            await send_after_all(rt, tenant, job, connection, worker)
        elif await let_go(rt, tenant, job, connection, over=False) is not None:
            await _park(rt, tenant, job.id, connection.id)  # it waits for its account now
        return
    async with rt.db.transaction(tenant) as session:
        events.act_as(session, "worker")
        if usable:
            await release_connection(session, connection.id)
        else:
            await stay_parked(session, job.id)


async def _missed(rt: Runtime, tenant: UUID, job: Job) -> bool:
    if job.publish_by > rt.clock.now():  # a look at our own clock saves a transaction; the verb asks the database's
        return False
    async with rt.db.transaction(tenant) as session:
        events.act_as(session, "worker")
        return await miss(session, job.id) is not None


async def _held(rt: Runtime, tenant: UUID, job: Job, until: datetime) -> bool:
    """Whether quiet hours hold the job back; where its window is over before them, its late policy comes first."""
    if await _missed(rt, tenant, job):
        return True
    async with rt.db.transaction(tenant) as session:
        events.act_as(session, "worker")
        return await hold(session, job.id, until) is not None


async def _park(rt: Runtime, tenant: UUID, job_id: UUID, connection_id: UUID) -> None:
    async with rt.db.transaction(tenant) as session:
        events.act_as(session, "worker")
        # Locked and read anew: a reconnect that has just released what was parked would not see this job.
        connection = await read_connection(session, connection_id, lock=True)
        if connection.state not in USABLE:
            paused = connection.state is ConnectionState.PAUSED
            await park(session, job_id, ParkReason.PAUSED if paused else ParkReason.CONNECTION)


async def _rescue(rt: Runtime, tenant: UUID, job: Job) -> None:
    timing = rt.settings.timing
    delay = rt.settle_delay(job.platform)
    async with rt.db.transaction(tenant) as session:
        events.act_as(session, "rescuer")
        if await rescue(session, job.id, max_crashes=timing.max_crashes, settle_delay=delay) is not None:
            metrics.LEASE_EXPIRIES.inc()
