"""What a try that was refused the access means for its job and its connection.

A token that the user has replaced meanwhile says nothing. An access that is lost is told once, and the connection's
due jobs are held back. A publish that is refused while the account works is tried once more, after a pause; then the
right that is missing is named, and only a reconnect ends that: a job is not released and refused in turns.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.connections.judge import Look, judge
from app.actions.jobs.park import park_connection
from app.actions.jobs.settle import Settlement
from app.domain.connections.model import Connection
from app.domain.connections.queries import connection as read_connection
from app.domain.connections.states import ConnectionState
from app.domain.jobs.model import Job
from app.domain.jobs.queries import was_refused_access
from app.domain.jobs.states import JobEvent, ParkReason
from app.domain.jobs.verdict import backoff
from app.flows.connections.access import superseded
from app.flows.connections.monitor import rhythm_of
from app.flows.publishing.authority import Authority
from app.flows.runtime import Runtime
from app.services import events
from connectors.capabilities import Capabilities, ConnectBy
from connectors.faults import HINTS, Fault, FaultKind
from connectors.scopes import ScopeUse


async def weighed(session: AsyncSession, rt: Runtime, job: Job, by: Authority, command: Settlement) -> Settlement:
    """The settlement as it is to be written, once the connection was told what its access has come to."""
    fault = by.lost or by.withheld
    if fault is None:
        return command
    if await superseded(session, rt, job.connection_id, by.access):
        return _again(command, timedelta())
    if by.lost is None and not await was_refused_access(session, job.id):
        return _again(command, backoff(job.attempts, rt.settings.timing))
    if by.lost is None:
        fault = await _right_missing(session, rt, job, fault)
    waits = command.verdict.event is JobEvent.PARK
    look = Look(
        connection_id=job.connection_id,
        what="publish",
        now=rt.clock.now(),
        rhythm=rhythm_of(rt.settings.timing),
        fault=fault,
        lost=True,
        unmended=by.lost is None,
        under_way=int(waits),
    )
    await judge(session, look)
    return command


async def hold_back(rt: Runtime, tenant: UUID, connection_id: UUID) -> None:
    """Park the other due jobs of a connection that was lost just now.

    In a transaction of its own: with the settlement it would hold posts in an order that another try's may cross. A
    crash before it costs nothing, since each of these jobs is parked when a worker takes it up.
    """
    async with rt.db.transaction(tenant) as session:
        events.act_as(session, "worker")
        connection = await read_connection(session, connection_id, lock=True)
        if connection.state is ConnectionState.ATTENTION:
            await park_connection(session, connection_id, ParkReason.CONNECTION)


def _again(command: Settlement, wait: timedelta) -> Settlement:
    if command.verdict.event is not JobEvent.PARK:
        return command
    return replace(command, verdict=replace(command.verdict, event=JobEvent.BACK_OFF, wait=wait, park=None))


async def _right_missing(session: AsyncSession, rt: Runtime, job: Job, fault: Fault) -> Fault:
    connection = await read_connection(session, job.connection_id)
    declared = rt.catalog.get(job.platform).capabilities
    message = f"{declared.name} accepts the account {connection.handle} but refuses to publish for it: {fault.message}"
    kind = FaultKind.PERMISSION_MISSING if fault.kind is FaultKind.AUTH_EXPIRED else fault.kind
    return replace(fault, kind=kind, message=f"{message} {_rights(declared, connection)}".strip(), hint=HINTS[kind])


def _rights(declared: Capabilities, connection: Connection) -> str:
    asked = declared.scopes_by(ConnectBy(connection.method))
    needed = [one for one in asked if one.use is not ScopeUse.FIGURES and one.concerns(connection.kind)]
    missing = [one.name for one in needed if not one.granted_by(connection.granted_scopes)]
    if missing:
        return f"The right that is missing: {', '.join(missing)}."
    if needed:
        return f"It needs the rights {', '.join(one.name for one in needed)}: one was taken away, or is not enough."
    return ""
