"""The faults: what is done to a worker, to the way to a server, or to the server's answers, and undone again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from tests.torture.proxy import Proxy
from tests.torture.stage import LEASE, Stage

Release = Callable[[], Awaitable[None]]
"""Lets go of what is held; called by the fault at its worst moment."""
BLACK_HOLE: Final = 2 * LEASE
"""Seconds: both the lease and what comes after it fall into the hole."""


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault by its name."""

    key: str
    says: str
    strike: Callable[[Stage, Release], AbstractAsyncContextManager[None]]
    """Strikes on entering; what follows the block is the repair that has to wait until the others have gone on."""


@asynccontextmanager
async def _killed(stage: Stage, release: Release) -> AsyncIterator[None]:
    for worker in stage.of("worker"):
        worker.kill()
    await release()
    stage.start("worker")
    yield


@asynccontextmanager
async def _frozen(stage: Stage, release: Release) -> AsyncIterator[None]:
    stale = stage.of("worker")
    for worker in stale:
        worker.freeze()
    await release()
    stage.start("worker")
    yield
    for worker in stale:
        worker.thaw()
    # It goes on where it stood: whatever it still had in its hands it tries now.
    await asyncio.sleep(LEASE)
    for worker in stale:
        worker.kill()


def _reset(
    proxies: Callable[[Stage], Sequence[Proxy]],
) -> Callable[[Stage, Release], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def strike(stage: Stage, release: Release) -> AsyncIterator[None]:
        for proxy in proxies(stage):
            proxy.reset()
        await release()
        yield

    return strike


def _black_hole(
    proxies: Callable[[Stage], Sequence[Proxy]],
) -> Callable[[Stage, Release], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def strike(stage: Stage, release: Release) -> AsyncIterator[None]:
        for proxy in proxies(stage):
            proxy.pause()
        await release()
        await asyncio.sleep(BLACK_HOLE)
        for proxy in proxies(stage):
            proxy.resume()
        yield

    return strike


def _wires(stage: Stage) -> Sequence[Proxy]:
    return list(stage.wires.values())


def _database(stage: Stage) -> Sequence[Proxy]:
    return [stage.database]


def _redis(stage: Stage) -> Sequence[Proxy]:
    return [stage.redis]


STRIKES: Final[Mapping[str, Strike]] = {
    one.key: one
    for one in (
        Strike("kill", "the worker is killed (SIGKILL)", _killed),
        Strike("freeze", "the worker is stopped past its lease, then goes on (SIGSTOP, SIGCONT)", _frozen),
        Strike("platform_reset", "every connection to the platforms is reset", _reset(_wires)),
        Strike("platform_hole", "the platforms are cut off for two leases", _black_hole(_wires)),
        Strike("database_reset", "every connection to PostgreSQL is reset", _reset(_database)),
        Strike("database_hole", "PostgreSQL is cut off for two leases", _black_hole(_database)),
        Strike("redis_reset", "every connection to Redis is reset", _reset(_redis)),
        Strike("redis_hole", "Redis is cut off for two leases", _black_hole(_redis)),
    )
}
