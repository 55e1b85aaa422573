"""Look at a connection: renew its token ahead of time, ask the platform whether it still holds, write it down.

A platform that is down says nothing about the account: only faults of authorization, confirmed by a second call,
move a connection to `attention`.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from app.actions.connections.judge import Look, judge
from app.actions.jobs.park import release_connection
from app.domain.connections.model import Connection
from app.domain.connections.queries import connection as read_connection
from app.domain.connections.states import USABLE, ConnectionState
from app.domain.jobs.verdict import NEEDS_USER
from app.flows.connections.access import ready
from app.flows.runtime import Runtime
from app.kernel.errors import NotFound
from app.services import events
from connectors.contract import Account
from connectors.faults import Fault, PlatformFault


async def look_at(rt: Runtime, tenant: UUID, connection_id: UUID) -> Connection | None:
    """Look once; gives the connection as it is afterwards, None where it is gone or switched off."""
    try:
        async with rt.db.read(tenant) as session:
            before = await read_connection(session, connection_id)
    except NotFound:
        return None
    if before.state in (ConnectionState.PAUSED, ConnectionState.REVOKED):
        return None
    timing = rt.settings.timing
    look = Look(
        connection_id=connection_id,
        what="check",
        now=rt.clock.now(),
        horizon=timing.horizon,
        next_check=timing.monitor_interval,
    )
    look = await _seen(rt, tenant, before, look)
    async with rt.db.transaction(tenant) as session:
        events.act_as(session, "monitor")
        after = await judge(session, look)
        if after.state in USABLE:
            # Each time: a job that was parked by what somebody saw a moment ago must not stay behind.
            await release_connection(session, connection_id)
    return after


async def _seen(rt: Runtime, tenant: UUID, connection: Connection, look: Look) -> Look:
    cx = rt.connector_context(connection.platform)
    try:
        access = await ready(rt, cx, tenant, connection.id)
    except PlatformFault as error:
        return replace(look, what="refresh", fault=error.fault, lost=error.fault.kind in NEEDS_USER)
    connector = rt.catalog.get(connection.platform)
    try:
        account: Account = await connector.check(cx, access)
    except PlatformFault as first:
        if first.fault.kind not in NEEDS_USER:
            return replace(look, fault=first.fault)
    else:
        return replace(look, account=account)
    # One refusal is not enough: renew the token if that is possible, and ask a second time.
    second: Fault
    try:
        stale = access.tokens if access.tokens.refresh is not None else None
        access = await ready(rt, cx, tenant, connection.id, stale=stale)
        account = await connector.check(cx, access)
    except PlatformFault as error:
        second = error.fault
    else:
        return replace(look, account=account)
    return replace(look, fault=second, lost=second.kind in NEEDS_USER)
