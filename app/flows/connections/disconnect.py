"""End a connection: revoke at the platform as far as it answers, then destroy the tokens here in any case.

Promise: after it returns no token of the connection exists here, nor what was fetched of its person, and its waiting
jobs are parked until their windows end; connecting the account again lets them go out. What the platform was told, and
whether it confirmed, is told to the user and stands in the audit log; it is not required.

A renewal that is on its way is waited for, so that its fresh tokens are the ones that end. Where other connections of
the installation live by the same person's consent, the platform is not told: they would end with it.
"""

from __future__ import annotations

from uuid import UUID

import structlog
from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.connections.switch import revoke
from app.actions.connections.tokens import load
from app.actions.jobs.park import park_connection
from app.actions.posts.compose import as_account
from app.actions.webhooks.share import forget_notices
from app.domain.connections.model import Connection
from app.domain.connections.queries import connection as read_connection
from app.domain.connections.states import ConnectionState
from app.domain.jobs.states import ParkReason
from app.flows.connections.access import app_of
from app.flows.connections.alone import Busy, alone, consent_of, refresh_of
from app.flows.connections.listening import stop_listening
from app.flows.runtime import Runtime
from app.flows.webhooks.forgotten import empty_bodies
from app.services import events
from app.services.vault import VaultError
from connectors.contract import Access
from connectors.faults import PlatformFault

log = structlog.get_logger(__name__)

ENDED = "the access is ended"
NO_ACCESS = "nothing: there was no access left to end"
SHARED = "nothing: other accounts that are connected here live by the same consent of the person, and would end with it"


async def disconnect(rt: Runtime, tenant: UUID, actor: str, connection_id: UUID) -> Connection:
    """Disconnect an account; disconnecting it twice is fine.

    Raises:
        NotFound: no such connection in this tenant.
    """
    async with rt.db.read(tenant) as session:
        known = await read_connection(session, connection_id)
    names = [refresh_of(connection_id)] + ([consent_of(known.owner_id)] if known.owner_id else [])
    try:
        async with alone(rt, tenant, *names):
            return await _ended(rt, tenant, actor, connection_id)
    except Busy:
        # A renewal that hangs for a minute is no reason to keep an access that the user wants to end.
        log.warning("connection.ended_beside_a_renewal", connection_id=str(connection_id))
        return await _ended(rt, tenant, actor, connection_id)


async def _ended(rt: Runtime, tenant: UUID, actor: str, connection_id: UUID) -> Connection:
    async with rt.db.read(tenant) as session:
        connection = await read_connection(session, connection_id)
        access = await _access(session, rt, connection)
    if access is not None:
        await stop_listening(rt, connection, access)
    told = await _told(rt, connection, access)
    await empty_bodies(rt, tenant, [connection_id])
    async with rt.db.transaction(tenant) as session:
        events.act_as(session, actor)
        message = f"The account was disconnected here. At the platform: {told.removesuffix('.')}."
        ended = await revoke(session, connection_id, message=message, told=told)
        await forget_notices(session, connection_id)
        await park_connection(session, connection_id, ParkReason.CONNECTION)
    return ended


async def _told(rt: Runtime, connection: Connection, access: Access | None) -> str:
    if access is None:
        return NO_ACCESS
    if await _shared(rt, connection):
        return SHARED
    try:
        given = await rt.catalog.get(connection.platform).revoke(rt.connector_context(connection.platform), access)
    except PlatformFault as error:
        log.warning("connection.not_revoked_there", platform=connection.platform, fault=error.fault.kind)
        return f"no confirmation: {error.fault.message}"
    return ENDED if given.told else f"nothing: {given.why}"


async def _shared(rt: Runtime, connection: Connection) -> bool:
    """Whether another live connection, of any workspace, was granted by the same person to the same application."""
    if connection.owner_id is None:
        return False
    ways = [(one.capabilities.key, way.by, way.app) for one in rt.catalog.all() for way in one.capabilities.connect]
    mine = next((app for key, by, app in ways if (key, by.value) == (connection.platform, connection.method)), None)
    alike = [(key, by.value) for key, by, app in ways if app == mine]
    async with rt.db.system() as session:
        query = select(func.count(Connection.id)).where(
            Connection.owner_id == connection.owner_id,
            Connection.id != connection.id,
            Connection.state != ConnectionState.REVOKED,
            tuple_(Connection.platform, Connection.method).in_(alike),
        )
        return bool(await session.scalar(query))


async def _access(session: AsyncSession, rt: Runtime, connection: Connection) -> Access | None:
    """What the platform is told with; None where there is nothing left that opens."""
    try:
        tokens = await load(session, rt.vault, connection)
        app = await app_of(session, rt, connection.app_id)
    except VaultError as error:
        log.warning("connection.not_revoked_there", platform=connection.platform, reason=str(error))
        return None
    return Access(as_account(connection), tokens, app) if tokens is not None else None
