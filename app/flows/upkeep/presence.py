"""A process says that it is there: one row, seen alive by its own heartbeat, removed when it ends well."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import structlog
from sqlalchemy import delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from app.domain.processes.model import Process
from app.flows.runtime import Runtime
from app.kernel import ids
from app.version import VERSION

log = structlog.get_logger(__name__)

BEAT = 5.0
"""Seconds between two signs of life."""


@asynccontextmanager
async def present(rt: Runtime, role: str) -> AsyncIterator[None]:
    """Be listed as a running process of this role for the time of the block, from its beginning on."""
    me = ids.new()
    await _sign(rt, me, role)
    beating = asyncio.create_task(_beat(rt, me, role))
    try:
        yield
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating
        with suppress(SQLAlchemyError, OSError):
            async with rt.db.system() as session:
                await session.execute(
                    delete(Process).execution_options(synchronize_session=False).where(Process.id == me)
                )


async def _beat(rt: Runtime, me: UUID, role: str) -> None:
    while True:
        await asyncio.sleep(BEAT)
        await _sign(rt, me, role)


async def _sign(rt: Runtime, me: UUID, role: str) -> None:
    """Give one sign of life; what cannot be written is given again with the next beat."""
    try:
        async with rt.db.system() as session:
            now = func.clock_timestamp()
            row = {
                "id": me,
                "role": role,
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "version": VERSION,
                "started_at": now,
                "seen_at": now,
            }
            known = update(Process).where(Process.id == me).values(seen_at=now).returning(Process.id)
            if await session.scalar(known) is None:
                await session.execute(insert(Process).values(row))
    except (SQLAlchemyError, OSError) as error:
        log.warning("presence.not_written", error=type(error).__name__)
