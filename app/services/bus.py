"""The bus: tells the other processes, at once, that something has changed. It carries no data and may lose messages.

What happened stands in PostgreSQL; a message only says "look", by tenant. So a lost message costs time, never an
event: readers also look by themselves now and then, and after every (re)connection to the server everyone is woken
(`RESYNC`), because nobody knows what was missed meanwhile. Each process has one connection for one channel; each
subscriber has a flag and not a queue, so a slow one holds no memory. A burst of commits is told a few times, not once
each.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Final
from uuid import UUID

import structlog
from broadcaster import Broadcast

from app.kernel import metrics
from app.kernel.clock import Clock, SystemClock
from app.services.bus_redis import BEAT, RESYNC, RedisBackend

CHANNEL: Final = "postd:events"
GATHER: Final = 0.01
"""Seconds between two messages about events: what is announced meanwhile is gathered."""

Revoked = Callable[[UUID | None], None]
"""Is told which API key is dead; None: messages may have been missed, check all."""

_log = structlog.get_logger(__name__)


class Watch:
    """One subscriber's flag: raised by any number of changes, lowered when it is looked at."""

    def __init__(self) -> None:
        self._flag = asyncio.Event()

    def wake(self) -> None:
        """Say that something may have changed."""
        self._flag.set()

    async def changed(self, timeout: float) -> bool:
        """Wait until something may have changed since the last call, at most `timeout` seconds; False: time is up.

        Read the state in either case: a message may have been lost.
        """
        try:
            async with asyncio.timeout(timeout):
                await self._flag.wait()
        except TimeoutError:
            return False
        self._flag.clear()
        return True


class Bus:
    """One a process and event loop. `announce` also works without `start`, for processes that only speak."""

    def __init__(self, redis_url: str, *, clock: Clock | None = None) -> None:
        self._backend = RedisBackend(redis_url)
        self._broadcast = Broadcast(backend=self._backend)
        self._clock = clock or SystemClock()
        self._watches: dict[UUID, set[Watch]] = {}
        self._callbacks: list[Revoked] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._untold: set[UUID] = set()
        self._telling: asyncio.Task[None] | None = None
        self._heard: float | None = None
        self._failing = False

    async def start(self) -> None:
        """Listen. Returns at once, also while the server is away: `age` tells."""
        await self._broadcast.connect()
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._beat())]

    async def stop(self) -> None:
        """Close the connections, once what was announced is told. Watches stay quiet from now on."""
        if self._telling is not None:
            await asyncio.wait([self._telling], timeout=BEAT)
            self._telling.cancel()
        # Again and again: the client takes a cancellation that meets it while it connects for a lost connection.
        while pending := [task for task in self._tasks if not task.done()]:
            for task in pending:
                task.cancel()
            await asyncio.wait(pending, timeout=0.1)
        if self._tasks:
            await self._broadcast.disconnect()
        else:
            await self._backend.disconnect()
        self._tasks = []

    async def announce(self, tenant_id: UUID) -> None:
        """Wake the subscribers of a tenant in every process. Never raises: who is not woken finds out by polling.

        The first one is told before this returns; those that follow within `GATHER` are told together, soon after.
        """
        if self._telling is not None and not self._telling.done():
            self._untold.add(tenant_id)
            return
        told = asyncio.get_running_loop().create_future()
        self._telling = asyncio.create_task(self._tell(tenant_id, told))
        await told

    async def announce_revoked(self, credential_id: UUID) -> None:
        """Tell every process that an API key is dead. Never raises: sockets also check their key now and then."""
        await self._send(f"revoked:{credential_id}")

    @contextlib.contextmanager
    def watch(self, tenant_id: UUID) -> Iterator[Watch]:
        """A flag that rises with the tenant's changes, for the time of the block. Enter it *before* reading state."""
        watch = Watch()
        self._watches.setdefault(tenant_id, set()).add(watch)
        try:
            yield watch
        finally:
            rest = self._watches[tenant_id]
            rest.discard(watch)
            if not rest:
                del self._watches[tenant_id]

    def on_revoked(self, callback: Revoked) -> Callable[[], None]:
        """Call `callback` in the event loop for each revoked key; gives a function that ends it."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    @property
    def age(self) -> float | None:
        """Seconds since anything was heard, our own beat included; None: nothing yet. Above 6 it is broken."""
        return None if self._heard is None else self._clock.boottime() - self._heard

    async def _tell(self, first: UUID, told: asyncio.Future[None]) -> None:
        try:
            await self._send(f"event:{first}")
        finally:
            # Whatever came of it: a worker that waited for ever would keep its lease for ever. It may be gone as well.
            if not told.done():
                told.set_result(None)
        await asyncio.sleep(GATHER)
        while self._untold:
            gathered, self._untold = self._untold, set()
            for tenant_id in gathered:
                await self._send(f"event:{tenant_id}")
            await asyncio.sleep(GATHER)

    async def _send(self, message: str) -> None:
        try:
            async with asyncio.timeout(BEAT):  # it is awaited after a commit: a server that hangs must not hang us
                await self._broadcast.publish(CHANNEL, message)
        except Exception as error:  # noqa: BLE001 -- a connection that is cut while it is used fails in many ways
            metrics.BUS_FAILURES.inc()
            if not self._failing:
                _log.warning("bus.unreachable", error=repr(error), hint="Live pages are late until Redis is back.")
            self._failing = True
        else:
            self._failing = False

    async def _beat(self) -> None:
        while True:
            await self._send("beat")
            metrics.BUS_AGE.set(math.inf if self.age is None else self.age)
            await asyncio.sleep(BEAT)

    async def _listen(self) -> None:
        async with self._broadcast.subscribe(CHANNEL) as subscriber:
            while True:
                self._take((await subscriber.get()).message)

    def _take(self, message: str) -> None:
        """Act on one message. Anything may write to the server, so what is not understood is left alone."""
        self._heard = self._clock.boottime()
        kind, _, rest = message.partition(":")
        if kind == RESYNC:
            metrics.BUS_RESYNCS.inc()
            self._wake([watch for watches in self._watches.values() for watch in watches])
            self._revoke(None)
            return
        with contextlib.suppress(ValueError):
            match kind:
                case "event":
                    self._wake(self._watches.get(UUID(rest.partition(":")[0]), ()))
                case "revoked":
                    self._revoke(UUID(rest))

    def _wake(self, watches: Iterable[Watch]) -> None:
        for watch in watches:
            watch.wake()

    def _revoke(self, credential_id: UUID | None) -> None:
        for callback in tuple(self._callbacks):
            try:
                callback(credential_id)
            except Exception:  # noqa: BLE001 -- one callback's bug must not deafen the process
                _log.exception("bus.callback_failed")
