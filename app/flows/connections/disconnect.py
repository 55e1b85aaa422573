"""End a connection: revoke at the platform as far as it answers, then destroy the tokens here in any case.

Promise: after it returns no token of the connection exists here, nor what was fetched of its person, and its waiting
jobs are parked until their windows end; connecting the account again lets them go out. Whether the platform confirmed
stands in the audit log; it is not required.
"""

from __future__ import annotations

from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.connections.switch import revoke
from app.actions.connections.tokens import load
from app.actions.jobs.park import park_connection
from app.actions.posts.compose import as_account
from app.domain.connections.model import Connection
from app.domain.connections.queries import connection as read_connection
from app.domain.jobs.states import ParkReason
from app.flows.connections.access import app_of
from app.flows.connections.listening import stop_listening
from app.flows.runtime import Runtime
from app.services import events
from app.services.vault import VaultError
from connectors.contract import Access
from connectors.faults import PlatformFault

log = structlog.get_logger(__name__)


async def disconnect(rt: Runtime, tenant: UUID, actor: str, connection_id: UUID) -> Connection:
    """Disconnect an account; disconnecting it twice is fine.

    Raises:
        NotFound: no such connection in this tenant.
    """
    async with rt.db.read(tenant) as session:
        connection = await read_connection(session, connection_id)
        access = await _access(session, rt, connection)
    told = "nothing: there was no access left to end"
    if access is not None:
        await stop_listening(rt, connection, access)
        try:
            told = "the access is ended"
            await rt.catalog.get(connection.platform).revoke(rt.connector_context(connection.platform), access)
        except PlatformFault as error:
            told = f"no confirmation: {error.fault.message}"
            log.warning("connection.not_revoked_there", platform=connection.platform, fault=error.fault.kind)
    async with rt.db.transaction(tenant) as session:
        events.act_as(session, actor)
        ended = await revoke(session, connection_id, message="The account was disconnected here.", told=told)
        await park_connection(session, connection_id, ParkReason.CONNECTION)
    return ended


async def _access(session: AsyncSession, rt: Runtime, connection: Connection) -> Access | None:
    """What the platform is told with; None where there is nothing left that opens."""
    try:
        tokens = await load(session, rt.vault, connection)
        app = await app_of(session, rt, connection.app_id)
    except VaultError as error:
        log.warning("connection.not_revoked_there", platform=connection.platform, reason=str(error))
        return None
    return Access(as_account(connection), tokens, app) if tokens is not None else None
