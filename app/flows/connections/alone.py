"""One at a time, across processes: who renews an access or ends it does so while nobody else does.

The lock lives in a database session of its own that holds no rows; it ends with the session, also after a crash. It is
asked for again and again: who waits inside the database keeps a connection that the holder may need.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.flows.runtime import Runtime
from connectors.faults import HINTS, Fault, FaultKind, PlatformFault

LOCK = text(
    "SELECT bool_and(pg_try_advisory_xact_lock(hashtextextended(name, 0))) FROM unnest(CAST(:names AS text[])) name"
)
PATIENCE = 60.0
"""Seconds to wait for somebody else."""

BEAT = 4.0
"""Seconds between two signs of life of the holder: the pools' sessions are ended when they say nothing for 15."""


class Busy(PlatformFault):
    """Somebody else works on the access, and does not come to an end."""

    def __init__(self) -> None:
        message = "The access to the account is being renewed elsewhere, and that takes too long."
        super().__init__(Fault(FaultKind.UNREACHABLE, message, HINTS[FaultKind.UNREACHABLE]))


def refresh_of(connection_id: UUID) -> str:
    """The name of a connection's renewals."""
    return f"refresh:{connection_id}"


def consent_of(owner_id: str) -> str:
    """The name of what happens to everything that a person has granted."""
    return f"consent:{owner_id}"


@asynccontextmanager
async def alone(rt: Runtime, tenant: UUID, *names: str) -> AsyncIterator[None]:
    """Hold all of these names.

    Raises:
        Busy: somebody else has held one for too long.
    """
    deadline = rt.clock.boottime() + PATIENCE
    while rt.clock.boottime() < deadline:
        async with rt.db.read(tenant) as session:
            if await session.scalar(LOCK, {"names": list(names)}):
                async with _beating(session):
                    yield
                with suppress(DBAPIError, OSError):
                    # The work is done: a lock that went with its connection is no reason to do it again.
                    await session.rollback()
                return
        await asyncio.sleep(random.uniform(0.02, 0.08))
    raise Busy


@asynccontextmanager
async def _beating(session: AsyncSession) -> AsyncIterator[None]:
    """Show the database that the holder of the lock lives, however long the platform takes.

    The lock of a worker that was stopped goes with its session some seconds later, and others take its place.
    """
    done = asyncio.Event()

    async def beat() -> None:
        with suppress(DBAPIError, OSError):  # the lock went with its connection: the work is done all the same
            while not done.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(BEAT):
                        await done.wait()
                        return
                await session.execute(text("SELECT 1"))

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        # Not cancelled: a statement that is broken off would take the connection with it.
        done.set()
        await task
