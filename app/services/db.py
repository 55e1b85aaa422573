"""PostgreSQL: two pools under two roles, sessions that belong to a tenant, and the one place that commits.

* `Database.transaction(tenant)` is for verbs: a session under `postd_app`, where row-level security shows one
  tenant's rows only. What was recorded with `before_commit` runs as the last statements, the commit is shielded
  from cancellation, and what was recorded with `after_commit` runs when the rows are visible to others.
* `Database.read(tenant)` is for queries: the same session, rolled back at the end.
* `Database.system()` is for what must be read before a tenant is known (a key, a state, due rows); its role
  `postd_system` has its own policies and grants on just those columns.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import event, func, make_url, select
from sqlalchemy.engine import URL, Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.util import await_only

from app.services.tenant_connection import TenantConnection

Hook = Callable[[AsyncSession], Awaitable[None]]
Announce = Callable[[UUID], Awaitable[None]]
"""Tells subscribers that a tenant has new events."""

APP_ROLE = "postd_app"
SYSTEM_ROLE = "postd_system"

IDLE = 5.0
"""Seconds after which a pooled connection is asked whether it still lives; the network may have lost it unnoticed."""


class TenantSession(Session):
    """A session that tells PostgreSQL, in each transaction anew, whose rows it may see."""


@event.listens_for(TenantSession, "after_begin")
def _enter_tenant(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    if transaction.nested:
        return
    driver: Any = connection.connection.driver_connection
    adapted: Any = connection.connection.dbapi_connection
    driver.tenant = session.info.get("tenant")
    if driver.tenant is None:
        return
    try:
        # Begun now and not with the first statement, so that statements may also go straight to the driver.
        await_only(adapted._start_transaction())  # noqa: SLF001 -- there is no public way
    except BaseException as error:
        connection.invalidate(error)  # nothing has begun: whatever is wrong, also a cancellation half-way, goes with it
        if not isinstance(error, Exception):
            raise
        raise DBAPIError("BEGIN", None, error, hide_parameters=True, connection_invalidated=True) from error
    session.info["driver"] = driver


@event.listens_for(TenantSession, "after_transaction_end")
def _leave_tenant(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop("driver", None)


def before_commit(session: AsyncSession, name: str, hook: Hook, *, last: bool = False) -> None:
    """Run `hook` once at the end of this transaction; `last` is for the one whose lock everybody wants."""
    session.info.setdefault("commit_last" if last else "before_commit", {}).setdefault(name, hook)


def after_commit(session: AsyncSession, name: str, hook: Hook) -> None:
    """Run `hook` once after this transaction has been committed; nothing runs after a rollback."""
    session.info.setdefault("after_commit", {}).setdefault(name, hook)


def tenant_of(session: AsyncSession) -> UUID:
    """The tenant whose transaction this is."""
    tenant: UUID = session.info["tenant"]
    return tenant


def asyncpg_url(url: str) -> URL:
    """The same address with the driver named; plain `postgresql://` would mean another one."""
    return make_url(url).set(drivername="postgresql+asyncpg")


PASSING = frozenset({"08", "25", "40", "53", "55", "57", "58"})
"""Classes of SQLSTATE that say something about the moment: connection, locks, resources, shutdown."""


def passing(error: Exception) -> bool:
    """Whether the same statement may succeed later: the database was away or busy, and did not refuse the data."""
    if not isinstance(error, DBAPIError):
        return True
    state: str | None = getattr(error.orig, "sqlstate", None)
    if state is None:  # it never reached the server: the connection was lost, or a value cannot be encoded
        cause = error.orig.__cause__ if error.orig else None
        return not isinstance(cause, ValueError) and not isinstance(error.orig, ValueError)
    return state[:2] in PASSING


def _engine(url: str, role: str, *, size: int, name: str) -> AsyncEngine:
    engine = create_async_engine(
        asyncpg_url(url),
        # A fixed size: connections above it would be opened and closed again with every burst.
        pool_size=size,
        max_overflow=0,
        pool_timeout=3,
        pool_recycle=1800,
        hide_parameters=True,
        connect_args={
            "connection_class": TenantConnection,
            "timeout": 5,
            "command_timeout": 30,
            "server_settings": {
                "application_name": name,
                "role": role,
                "search_path": "public",
                "timezone": "UTC",
                "lock_timeout": "3s",
                "idle_in_transaction_session_timeout": "15s",
            },
        },
    )
    event.listen(engine.sync_engine, "checkin", _rest)
    event.listen(engine.sync_engine, "checkout", _examine)
    return engine


def _rest(_connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
    entry.info["rests_since"] = time.monotonic()


def _examine(connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
    """Give no dead connection out: the pool takes another where this raises.

    A server that ends closes its sockets, and the driver knows of that without asking. Only what nobody told us of
    needs a round trip, and only once it has rested: a busy pool pays nothing.
    """
    driver = entry.driver_connection
    if driver is None or driver.is_closed():
        raise DisconnectionError("the server has closed this connection")
    if time.monotonic() - entry.info.get("rests_since", time.monotonic()) > IDLE:
        try:
            connection.ping()
        except Exception as error:
            raise DisconnectionError("the connection was lost") from error


class Database:
    """The pools of one process."""

    def __init__(self, url: str, *, name: str = "postd", size: int = 20, announce: Announce | None = None) -> None:
        self._announce = announce
        self.app_engine = _engine(url, APP_ROLE, size=size, name=name)
        self.system_engine = _engine(url, SYSTEM_ROLE, size=max(2, size // 4), name=f"{name}-system")
        options: dict[str, Any] = {"expire_on_commit": False, "sync_session_class": TenantSession}
        self._app = async_sessionmaker(self.app_engine, **options)
        self._system = async_sessionmaker(self.system_engine, **options)

    @asynccontextmanager
    async def transaction(self, tenant: UUID) -> AsyncIterator[AsyncSession]:
        """One tenant's transaction: committed when the block ends well, rolled back when it raises."""
        async with self._app(info={"tenant": tenant, "announce": self._announce}) as session:
            yield session
            await _commit(session)

    @asynccontextmanager
    async def read(self, tenant: UUID) -> AsyncIterator[AsyncSession]:
        """One tenant's rows, to read. Each statement sees what is committed when it starts."""
        async with self._app(info={"tenant": tenant}) as session:
            yield session

    @asynccontextmanager
    async def snapshot(self, tenant: UUID, *, read_only: bool = False) -> AsyncIterator[AsyncSession]:
        """One tenant's rows as of one moment: several statements that agree with each other.

        With `read_only` the server itself refuses to write, whatever the statements say.
        """
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": read_only}
        async with self._app(info={"tenant": tenant}) as session:
            await session.connection(execution_options=options)
            yield session

    async def now(self) -> datetime:
        """The database's clock, which all processes share."""
        async with self.system() as session:
            moment: datetime = (await session.scalars(select(func.clock_timestamp()))).one()
        return moment

    @asynccontextmanager
    async def system(self) -> AsyncIterator[AsyncSession]:
        """The scheduler's and the doorkeeper's transaction; committed when the block ends well."""
        async with self._system() as session:
            yield session
            await _commit(session)

    async def close(self) -> None:
        """Close both pools."""
        await self.app_engine.dispose()
        await self.system_engine.dispose()


async def _commit(session: AsyncSession) -> None:
    for moment in ("before_commit", "commit_last"):
        for hook in session.info.pop(moment, {}).values():
            await hook(session)
    # A commit that is cancelled in flight has usually landed: finish it, so that the caller is told the truth.
    commit = asyncio.ensure_future(session.commit())
    try:
        await asyncio.shield(commit)
    except asyncio.CancelledError:
        await commit
        raise
    for hook in session.info.pop("after_commit", {}).values():
        await hook(session)
