"""Take deliveries in: written in batches, and answered only when the batch is committed.

While one batch is being written the next one gathers, so that a burst costs few transactions and a single delivery
waits for nobody. What cannot be written soon is the platform's to send again: when too much waits, or has waited too
long, `Overloaded` says so, and the database's own error says it where that refuses. Nothing is answered as kept before
its commit; what was given up may have been kept all the same, and is known when it comes again.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from app.actions.webhooks.receive import Kept, Received, receive
from app.flows.runtime import Runtime
from app.kernel import ids

BATCH: Final = 100
"""Deliveries of one transaction."""
BATCH_BYTES: Final = 4 * 1024 * 1024
MOST_WAITING: Final = 1000
"""Deliveries that may wait to be written; the platform is asked to come back later with more."""
MOST_BYTES_WAITING: Final = 64 * 1024 * 1024
PATIENCE: Final = 5.0
"""Seconds until a delivery that could not be written is given back: platforms do not wait long for an answer."""
LOOK: Final = timedelta(seconds=1)
"""When the scheduler looks at a new delivery; the wake-up after the commit mostly comes first."""

Wake = Callable[[Sequence[UUID]], Awaitable[object]]
"""Tells the workers of new deliveries; may fail, the scheduler finds them too."""


class Overloaded(Exception):
    """Too many deliveries wait to be written, or this one has waited too long."""


class Intake:
    """The door of one process."""

    def __init__(self, rt: Runtime, wake: Wake | None = None) -> None:
        self._rt = rt
        self._wake = wake
        self._waiting: list[tuple[Received, asyncio.Future[Kept]]] = []
        self._bytes = 0
        self._writer: asyncio.Task[None] | None = None
        self._wakers: set[asyncio.Task[None]] = set()

    async def accept(
        self, receiver: str, delivery_key: str, body: bytes, *, callback: str = "", with_code: bool = False
    ) -> Kept:
        """Keep a proven delivery; returns after it is committed.

        Raises:
            Overloaded: too many wait, or the database is too slow.
            SQLAlchemyError, OSError: the database is away; nothing was kept.
        """
        if len(self._waiting) >= MOST_WAITING or self._bytes + len(body) > MOST_BYTES_WAITING:
            raise Overloaded
        code = secrets.token_urlsafe(16) if with_code else None
        given = Received(ids.new(), receiver, callback, delivery_key, body, code)
        kept: asyncio.Future[Kept] = asyncio.get_running_loop().create_future()
        self._waiting.append((given, kept))
        self._bytes += len(body)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        try:
            async with asyncio.timeout(PATIENCE):
                return await kept
        except TimeoutError:  # it is given up, and left out of the next batch
            raise Overloaded from None

    async def _write(self) -> None:
        while self._waiting:
            batch = self._next()
            if not batch:
                continue
            try:
                async with self._rt.db.system() as session:
                    rows = await receive(session, [given for given, _ in batch], look=LOOK)
            except Exception as error:  # noqa: BLE001 -- each of the batch is told, and none was kept
                for _, kept in batch:
                    if not kept.done():  # the caller may have hung up
                        kept.set_exception(error)
                continue
            for (_, kept), row in zip(batch, rows, strict=True):
                if not kept.done():
                    kept.set_result(row)
            self._tell([row.id for row in rows if row.new])

    def _next(self) -> list[tuple[Received, asyncio.Future[Kept]]]:
        size = count = 0
        for given, _ in self._waiting[:BATCH]:
            size += len(given.body)
            if count and size > BATCH_BYTES:
                break
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        self._bytes -= sum(len(given.body) for given, _ in batch)
        return [(given, kept) for given, kept in batch if not kept.done()]

    def _tell(self, new: Sequence[UUID]) -> None:
        if self._wake is None or not new:
            return
        waker = asyncio.create_task(self._woken(self._wake, new))
        self._wakers.add(waker)
        waker.add_done_callback(self._wakers.discard)

    @staticmethod
    async def _woken(wake: Wake, new: Sequence[UUID]) -> None:
        await wake(new)
