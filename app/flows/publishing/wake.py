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
from app.flows.publishing.turns import Wanted, enter, in_turn, leave, stand
from app.flows.runtime import Runtime
from app.kernel import metrics
from app.services import direct, events
from app.services.bulkheads import Turn
from app.services.records import columns, reader

LOOK = f"""
    SELECT {columns(Job)}, {stored.COLUMNS},
        EXISTS (SELECT FROM publishing_rules WHERE tenant_id = $1 AND quiet IS NOT NULL) AS has_quiet_hours
    FROM jobs JOIN connections ON connections.tenant_id = jobs.tenant_id AND connections.id = jobs.connection_id
    {stored.ACCESS}
    WHERE jobs.tenant_id = $1 AND jobs.id = $2
"""  # noqa: S608 -- composed of the columns' names
CLAIMABLE = MACHINE.sources(JobEvent.CLAIM)

_job = reader(Job)


@dataclass(slots=True)
class _Seen:
    """What one look has found, and what came of it."""

    wanted: Wanted
    known: stored.Stored
    quiet: datetime | None
    turn: Turn[Wanted] | None = None
    asked: bool = False
    """Whether it was asked for with the look: then it is claimed, or there is nothing to do."""
    claimed: Claimed | None = None


async def wake(rt: Runtime, tenant: UUID, job_id: UUID, worker: str) -> None:
    """Do what the job needs now; nothing where it has moved on or is gone."""
    await rt.weather.read()  # known by the time that a transaction is open
    lease = Lease(rt)
    seen = await _look(rt, tenant, job_id, lease, worker)
    if seen is None:
        return
    wanted = seen.wanted
    if seen.quiet is not None:
        if await _held(rt, tenant, wanted.job, seen.quiet):
            return
        seen.turn = enter(rt, wanted)
    if seen.turn is None:
        await stand(rt, wanted)
        return

    async def attend(one: Wanted) -> None:
        if one is not wanted or not seen.asked:
            await _attend(rt, one, worker)
        elif seen.claimed is not None:
            await publish_claimed(rt, tenant, seen.claimed, lease, seen.known)

    await in_turn(rt, seen.turn, attend)


async def _look(rt: Runtime, tenant: UUID, job_id: UUID, lease: Lease, worker: str) -> _Seen | None:
    seen: _Seen | None = None
    try:
        async with rt.db.transaction(tenant) as session:
            row = await direct.row(session, LOOK, tenant, job_id)
            if row is None:
                return None
            job, known = _job(row), stored.of(row)
            usable = known.connection.state in USABLE
            quiet = await quiet_until(session, job, rt.clock.now()) if row["has_quiet_hours"] and usable else None
            seen = _Seen(Wanted(tenant, job, known.connection), known, quiet)
            if quiet is None:
                seen.turn = enter(rt, seen.wanted)
            if seen.turn is not None and usable and await _nothing_in_the_way(rt, seen.wanted):
                events.act_as(session, "worker")
                command = Claim(job_id, lease.length, worker, rt.quotas(job.platform))
                seen.claimed = await claim_at_once(session, command)
                seen.asked = True
    except (ConnectionBusy, QuotaSpent):
        pass  # rolled back: the longer way claims anew, and says what it waits for
    except BaseException:
        if seen is not None:
            leave(rt, seen.turn)
        raise
    return seen


async def _nothing_in_the_way(rt: Runtime, wanted: Wanted) -> bool:
    job = wanted.job
    due = job.state in CLAIMABLE and job.publish_by > rt.clock.now()
    return due and await rt.weather.clear(place_of(job, wanted.connection))


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
