"""Ready the access to an account: its tokens, fresh enough for the call that follows.

Refreshing is a critical section: rotating platforms revoke the whole grant when an old refresh token is used twice.
One worker at a time refreshes a connection (an advisory lock held by its own short-lived database session), reads the
tokens again, and refreshes only if they are still stale. The new tokens are committed before they are used. Tokens are
renewed ahead of their end; while they still work, a renewal that fails holds no post up.
"""

from __future__ import annotations

import asyncio
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.connections.refreshed import refreshed
from app.actions.connections.tokens import PREVIOUS, load
from app.domain.breakers import states as breakers
from app.domain.connections.model import Connection, PlatformApp
from app.domain.connections.queries import connection as read_connection
from app.domain.connections.rhythm import LAST_MINUTE, renewal
from app.flows.connections.alone import alone, refresh_of
from app.flows.connections.stored import Stored, credentials, opened, stored
from app.flows.runtime import Runtime
from app.kernel import metrics
from app.services.db import passing
from app.services.vault import VaultError
from connectors.contract import Access, AppCredentials, Context, Tokens
from connectors.faults import FaultKind, PlatformFault

log = structlog.get_logger(__name__)

KEEP_TRYING = 30.0
"""Seconds in which new tokens are tried to be stored."""


async def ready(
    rt: Runtime,
    cx: Context,
    tenant: UUID,
    connection_id: UUID,
    *,
    stale: Tokens | None = None,
    known: Stored | None = None,
) -> Access:
    """The access of a connection, refreshed when its token dies soon or is the `stale` one that was just refused.

    `known` is what the caller has just read of it: nothing is read again where nothing is to be renewed.

    Raises:
        PlatformFault: AUTH_EXPIRED where nothing but the user can renew it; transient kinds where the platform is
            not to be reached.
    """
    try:
        return await renewed(rt, cx, tenant, connection_id, stale=stale, known=known)
    except PlatformFault as error:
        if stale is not None:
            raise
        access = await held(rt, tenant, connection_id)
        if _dies(rt, access.tokens):
            raise
        # Renewed ahead of time, in vain: the monitor tries again and tells the user; this call can be made.
        log.warning("access.not_renewed", connection_id=str(connection_id), fault=error.fault.kind)
        return access


async def renewed(
    rt: Runtime,
    cx: Context,
    tenant: UUID,
    connection_id: UUID,
    *,
    stale: Tokens | None = None,
    known: Stored | None = None,
) -> Access:
    """The same, but a renewal that was due and failed is always told, also while the old token still works.

    Raises:
        PlatformFault: as the platform answered, or what makes the stored access useless.
    """
    connection, access = await _read(rt, tenant, connection_id, known)
    if not _needs_refresh(rt, connection, access.tokens, stale):
        return access
    async with alone(rt, tenant, refresh_of(connection_id)):
        connection, access = await _read(rt, tenant, connection_id)
        if not _needs_refresh(rt, connection, access.tokens, stale):
            return access  # somebody else was faster
        return await _refresh(rt, cx, tenant, connection, access)


async def held(rt: Runtime, tenant: UUID, connection_id: UUID) -> Access:
    """The access as it is stored, whether it still works or not.

    Raises:
        PlatformFault: there is none, or it cannot be opened.
    """
    return (await _read(rt, tenant, connection_id))[1]


async def superseded(session: AsyncSession, rt: Runtime, connection_id: UUID, used: Access | None) -> bool:
    """Whether the connection has other tokens by now than the ones that were used. Locks the connection."""
    connection = await read_connection(session, connection_id, lock=True)
    if used is None:
        return False
    try:
        tokens = await load(session, rt.vault, connection)
    except VaultError:
        return False
    return tokens is not None and tokens.access != used.tokens.access


def _needs_refresh(rt: Runtime, connection: Connection, tokens: Tokens, stale: Tokens | None) -> bool:
    if stale is not None:
        return tokens.access == stale.access
    if tokens.expires_at is None or tokens.refresh is None:
        return False
    due = renewal(connection.id, connection.renewed_at, tokens.expires_at, rt.settings.timing.renew_ahead)
    return _dies(rt, tokens) or due <= rt.clock.now()


def _dies(rt: Runtime, tokens: Tokens) -> bool:
    return tokens.expires_at is not None and tokens.expires_at < rt.clock.now() + LAST_MINUTE


async def _refresh(rt: Runtime, cx: Context, tenant: UUID, connection: Connection, access: Access) -> Access:
    count = metrics.TOKEN_REFRESHES.labels
    try:
        tokens = await _fresh(rt, cx, tenant, connection, access)
    except PlatformFault as error:
        await rt.weather.saw(_place(connection), error.fault)
        refused = error.fault.kind is FaultKind.AUTH_EXPIRED
        count(platform=connection.platform, outcome="refused" if refused else "failed").inc()
        raise
    await rt.weather.saw(_place(connection), None)
    count(platform=connection.platform, outcome="ok").inc()
    kept = await _kept(rt, tenant, connection, tokens)
    if kept is None:  # the user has connected again meanwhile: those tokens are newer
        return (await _read(rt, tenant, connection.id))[1]
    return Access(access.account, tokens, access.app)


def _place(connection: Connection) -> breakers.Place:
    return breakers.Place(connection.platform, connection.server, breakers.Operation.REFRESH)


async def _fresh(rt: Runtime, cx: Context, tenant: UUID, connection: Connection, access: Access) -> Tokens:
    try:
        return await rt.catalog.get(connection.platform).refresh(cx, access)
    except PlatformFault as error:
        if error.fault.kind is not FaultKind.AUTH_EXPIRED:
            raise
        # The answer to an earlier refresh may have been lost: the tokens before it can still be the valid ones.
        return await _refresh_previous(rt, cx, tenant, connection, access, error)


async def _kept(rt: Runtime, tenant: UUID, connection: Connection, tokens: Tokens) -> Connection | None:
    """Store fresh tokens, also when the database goes away just now: the platform may have ended the old ones."""
    version, wait, deadline = connection.token_version, 0.1, rt.clock.boottime() + KEEP_TRYING
    while True:
        try:
            async with rt.db.transaction(tenant) as session:
                return await refreshed(session, rt.vault, connection.id, tokens, version=version, now=rt.clock.now())
        except (DBAPIError, PoolTimeout, OSError) as error:
            if not passing(error) or rt.clock.boottime() >= deadline:
                raise
            log.warning("access.keep_again", connection_id=str(connection.id), error=type(error).__name__)
        await asyncio.sleep(wait)
        wait = min(wait * 2, 2.0)


async def _refresh_previous(
    rt: Runtime, cx: Context, tenant: UUID, connection: Connection, access: Access, error: PlatformFault
) -> Tokens:
    try:
        async with rt.db.read(tenant) as session:
            previous = await load(session, rt.vault, connection, PREVIOUS)
    except VaultError:
        raise error from None
    if previous is None or previous.refresh is None or previous.refresh == access.tokens.refresh:
        raise error
    return await rt.catalog.get(connection.platform).refresh(cx, Access(access.account, previous, access.app))


async def _read(
    rt: Runtime, tenant: UUID, connection_id: UUID, known: Stored | None = None
) -> tuple[Connection, Access]:
    if known is None:
        async with rt.db.read(tenant) as session:
            known = await stored(session, connection_id)
    return known.connection, opened(rt, known)


async def app_of(session: AsyncSession, rt: Runtime, app_id: UUID | None) -> AppCredentials | None:
    """Our client at the connection's authorization server, with its secret opened."""
    if app_id is None:
        return None
    return credentials(rt, (await session.scalars(select(PlatformApp).where(PlatformApp.id == app_id))).one())
