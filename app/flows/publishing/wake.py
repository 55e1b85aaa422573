"""Look at a job whose moment has come, and do what its state asks for.

A wake-up carries an id and nothing else. It may come late, twice or from the past: the row decides, and ten wake-ups
do no more than one. Where nothing is in the way of a job that is due, it is claimed in the transaction that looked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.actions.jobs.claim import Claim, Claimed, ConnectionBusy, claim_at_once
from app.actions.jobs.hold import hold
from app.actions.jobs.park import miss, park, release_connection, stay_parked
from app.actions.jobs.rescue import rescue
from app.actions.jobs.reserve import QuotaSpent
from app.domain.connections.model import Connection
from app.domain.connections.queries import connection as read_connection
from app.domain.connections.states import USABLE, ConnectionState
from app.domain.jobs.model import Job
from app.domain.jobs.states import MACHINE, OF_THE_CONNECTION, JobEvent, JobState, ParkReason
from app.flows.connections import stored
from app.flows.publishing.holding import let_go, looking, place_of, send, send_after_all
from app.flows.publishing.lease import Lease
from app.flows.publishing.publish import publish_claimed
from app.flows.publishing.quiet import quiet_until
from app.flows.publishing.reconcile import poll, reconcile
from app.flows.publishing.turns import Wanted, in_turn
from app.flows.runtime import Runtime
from app.kernel import logs, metrics
from app.services import direct, events
from app.services.records import columns, reader

LOOK = f"""
    SELECT {columns(Job)}, {stored.COLUMNS},
        EXISTS (SELECT FROM publishing_rules WHERE tenant_id = $1 AND quiet IS NOT NULL) AS has_quiet_hours
    FROM jobs JOIN connections ON connections.tenant_id = jobs.tenant_id AND connections.id = jobs.connection_id
    {stored.ACCESS}
    WHERE jobs.tenant_id = $1 AND jobs.id = $2
"""  # noqa: S608 -- composed of the columns' names
PLATFORM_OF = "SELECT platform FROM jobs WHERE tenant_id = $1 AND id = $2"
CLAIMABLE = MACHINE.sources(JobEvent.CLAIM)

_job = reader(Job)


@dataclass(slots=True)
class _Seen:
    """What one look has found, and what came of it."""

    job: Job
    known: stored.Stored
    quiet: datetime | None
    asked: bool = False
    """Whether it was asked for with the look: then it is claimed, or there is nothing to do."""
    claimed: Claimed | None = None


async def wake(rt: Runtime, tenant: UUID, job_id: UUID, worker: str, platform: str | None = None) -> None:
    """Do what the job needs now; nothing where it has moved on or is gone.

    Who knows its platform says it: then nothing is read of it before it is its turn.
    """
    if platform is None:
        async with rt.db.read(tenant) as session:
            row = await direct.row(session, PLATFORM_OF, tenant, job_id)
        if row is None:
            return
        platform = str(row["platform"])
    await in_turn(rt, Wanted(tenant, job_id, platform), lambda wanted: _attend(rt, wanted, worker))


async def _attend(rt: Runtime, wanted: Wanted, worker: str) -> None:
    await rt.weather.read()  # known by the time that a transaction is open
    lease = Lease(rt)
    seen = await _look(rt, wanted, lease, worker)
    if seen is None:
        return
    with logs.bound(connection_id=seen.job.connection_id):
        if seen.claimed is not None:
            await publish_claimed(rt, wanted.tenant, seen.claimed, lease, seen.known)
        elif not seen.asked and (seen.quiet is None or not await _held(rt, wanted.tenant, seen.job, seen.quiet)):
            await _act(rt, wanted.tenant, seen.job, seen.known.connection, worker)


async def _look(rt: Runtime, wanted: Wanted, lease: Lease, worker: str) -> _Seen | None:
    """Read the job, and claim it in the same transaction where nothing is in its way."""
    seen: _Seen | None = None
    try:
        async with rt.db.transaction(wanted.tenant) as session:
            row = await direct.row(session, LOOK, wanted.tenant, wanted.job_id)
            if row is None:
                return None
            job, known = _job(row), stored.of(row)
            usable = known.connection.state in USABLE
            quiet = await quiet_until(session, job, rt.clock.now()) if row["has_quiet_hours"] and usable else None
            seen = _Seen(job, known, quiet)
            if usable and quiet is None and await _nothing_in_the_way(rt, job, known.connection):
                events.act_as(session, "worker")
                command = Claim(job.id, lease.length, worker, rt.quotas(job.platform))
                seen.claimed, seen.asked = await claim_at_once(session, command), True
    except (ConnectionBusy, QuotaSpent):
        pass  # rolled back: the longer way claims anew, and says what it waits for
    return seen


async def _nothing_in_the_way(rt: Runtime, job: Job, connection: Connection) -> bool:
    due = job.state in CLAIMABLE and job.publish_by > rt.clock.now()
    return due and await rt.weather.clear(place_of(job, connection))


async def _act(rt: Runtime, tenant: UUID, job: Job, connection: Connection, worker: str) -> None:
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
