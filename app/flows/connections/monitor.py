"""Look at a connection: renew its token ahead of time, ask the platform whether it still holds, write it down.

A platform that is down says nothing about the account: only faults of authorization, confirmed by a second call,
move a connection to `attention`. Its due posts are parked then, and go out when the account is back. What was seen
with tokens that somebody replaced meanwhile says nothing about the new ones: such a look is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.connections.judge import Look, judge
from app.actions.jobs.park import park_connection
from app.domain.breakers.states import Operation, Place
from app.domain.connections.model import Connection
from app.domain.connections.queries import connection as read_connection
from app.domain.connections.rhythm import Rhythm
from app.domain.connections.states import USABLE, ConnectionState
from app.domain.jobs.states import ParkReason
from app.domain.jobs.verdict import NEEDS_USER
from app.flows.connections.access import held, ready, renewed, superseded
from app.flows.connections.listening import keep_listening
from app.flows.connections.waiting import let_out
from app.flows.limits.pace import held_for
from app.flows.runtime import Runtime
from app.kernel.errors import NotFound
from app.kernel.timing import Timing
from app.services import events
from connectors.contract import Access, Context
from connectors.faults import PlatformFault


@dataclass(frozen=True, slots=True)
class _Seen:
    look: Look
    used: Access | None = None
    """With what the platform was asked; None: with what was stored when the look began."""


def rhythm_of(timing: Timing) -> Rhythm:
    """The installation's intervals, as looks at connections need them."""
    return Rhythm(timing.monitor_interval, timing.ping_interval, timing.horizon, timing.renew_ahead)


async def look_at(rt: Runtime, tenant: UUID, connection_id: UUID) -> Connection | None:
    """Look once; gives the connection as it is afterwards, None where it is gone, switched off, or its platform is.

    A look whose tokens were replaced meanwhile is dropped: nothing is written, and the next one comes by itself.
    """
    try:
        async with rt.db.read(tenant) as session:
            before = await read_connection(session, connection_id)
    except NotFound:
        return None
    if before.state in (ConnectionState.PAUSED, ConnectionState.REVOKED):
        return None
    async with rt.weather.entering(Place(before.platform, before.server, Operation.REFRESH)) as entry:
        # A platform that is down says nothing about the account: the look is made when it is back.
        return None if entry.held is not None or await held_for(rt, before) else await _look(rt, tenant, before)


async def _look(rt: Runtime, tenant: UUID, before: Connection) -> Connection:
    connection_id = before.id
    look = Look(connection_id, "check", rt.clock.now(), rhythm_of(rt.settings.timing))
    seen = await _seen(rt, tenant, before, look)
    look = replace(seen.look, now=rt.clock.now())
    async with rt.db.transaction(tenant) as session:
        events.act_as(session, "monitor")
        if await _out_of_date(session, rt, before, seen):
            return await read_connection(session, connection_id)
        after = await judge(session, look)
        if after.state in USABLE:
            # Each time: a job that was parked by what somebody saw a moment ago must not stay behind.
            await let_out(session, after, back=before.state not in USABLE)
        elif after.state is ConnectionState.ATTENTION:
            await park_connection(session, connection_id, ParkReason.CONNECTION)
    return await keep_listening(rt, after) or after


async def _out_of_date(session: AsyncSession, rt: Runtime, before: Connection, seen: _Seen) -> bool:
    if seen.look.what == "calendar":
        return False
    if seen.used is not None:
        return await superseded(session, rt, before.id, seen.used)
    return (await read_connection(session, before.id, lock=True)).token_version != before.token_version


async def _seen(rt: Runtime, tenant: UUID, before: Connection, look: Look) -> _Seen:
    cx = rt.connector_context(before.platform)
    try:
        access = await renewed(rt, cx, tenant, before.id)
    except PlatformFault as error:
        return _Seen(await _not_renewed(rt, cx, tenant, before, replace(look, what="refresh", fault=error.fault)))
    look = _with_end(look, access)
    if not _ping_due(before, look.now):
        return _Seen(replace(look, what="calendar"))
    return await _proved(rt, cx, tenant, before, access, look)


async def _not_renewed(rt: Runtime, cx: Context, tenant: UUID, before: Connection, look: Look) -> Look:
    """A renewal failed: passing trouble, or refused; then a cheap call with the token at hand has to agree."""
    if look.fault is None or look.fault.kind not in NEEDS_USER:
        return look
    try:
        access = await held(rt, tenant, before.id)
        await rt.catalog.get(before.platform).check(cx, access)
    except PlatformFault as second:
        lost = second.fault.kind in NEEDS_USER
        return replace(look, lost=True) if lost else replace(look, fault=second.fault)
    return replace(look, unrenewable=True)


async def _proved(rt: Runtime, cx: Context, tenant: UUID, before: Connection, access: Access, look: Look) -> _Seen:
    """Ask the platform by the cheapest call, and a second time where it refuses."""
    connector = rt.catalog.get(before.platform)
    try:
        return _Seen(replace(look, account=await connector.check(cx, access)), access)
    except PlatformFault as first:
        if first.fault.kind not in NEEDS_USER:
            return _Seen(replace(look, fault=first.fault), access)
    # One refusal is not enough: renew the token if that is possible, and ask a second time.
    try:
        stale = access.tokens if access.tokens.refresh is not None else None
        access = await ready(rt, cx, tenant, before.id, stale=stale)
        look = _with_end(look, access)
        return _Seen(replace(look, account=await connector.check(cx, access)), access)
    except PlatformFault as second:
        return _Seen(replace(look, fault=second.fault, lost=second.fault.kind in NEEDS_USER), access)


def _with_end(look: Look, access: Access) -> Look:
    return replace(look, renewable_until=access.tokens.expires_at if access.tokens.refresh is not None else None)


def _ping_due(before: Connection, now: datetime) -> bool:
    if before.ping_at is None or before.ping_at <= now or before.state is ConnectionState.ATTENTION:
        return True
    return before.token_expires_at is not None and before.token_expires_at <= now
