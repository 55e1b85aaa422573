"""A small installation: a fresh database, simulated platforms, and workers and schedulers as processes."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import orjson
import redis.asyncio

from app.actions.tenants.create import create
from app.domain.tables import metadata
from app.flows.runtime import Runtime, running
from app.kernel.settings import Settings
from app.kernel.timing import Timing
from app.services import schema
from app.services.vault import generate_key
from tests.processes.parts import Part, start
from tests.processes.platforms import Platforms, platforms
from tests.processes.reader import reading
from tests.processes.workspace import Workspace

SHORT = {
    "POSTD_LEASE": "2",
    "POSTD_LEASE_MARGIN": "0.5",
    "POSTD_OFFER_AGAIN": "1",
    "POSTD_SCAN": "0.1",
    "POSTD_SETTLE_DELAY": "0.5",
    "POSTD_PLATFORM_PACE": "0.02",
    "POSTD_BACKOFF": "0.2",
    "POSTD_BACKOFF_CAP": "1",
    "POSTD_FEED_POLL": "1",
}
"""Intervals so short that a lost worker is noticed while the test waits."""


@dataclass(slots=True)
class Installation:
    """What runs, and the means to disturb it."""

    folder: Path
    environment: Mapping[str, str]
    rt: Runtime
    platforms: Platforms
    database_url: str
    sandbox: Part
    parts: list[Part] = field(default_factory=list)

    def start(self, name: str, more: Mapping[str, str] | None = None) -> Part:
        """Start a part by its command, with more settings than all have."""
        part = start(name, ["-m", "app.cli", name], {**self.environment, **(more or {})}, self.folder)
        part.special = more is not None
        self.parts.append(part)
        return part

    def one(self, name: str) -> Part:
        """The running part of that name."""
        (part,) = [part for part in self.parts if part.name == name and part.running]
        return part

    def kill_sandbox(self) -> None:
        """End the simulated platforms at once."""
        self.sandbox.kill()

    async def sandbox_again(self) -> None:
        """Start the simulated platforms again once they were killed, at their addresses and with what they kept."""
        file = self.folder / "sandbox" / "addresses.json"
        old: dict[str, Any] = orjson.loads(file.read_bytes())
        ports = {name: urlsplit(old[name]).port or 0 for name in ("bluesky", "mastodon")}
        self.sandbox = _sandbox(self.folder, ports["bluesky"], ports["mastodon"])
        await asyncio.to_thread(_addresses, file, self.sandbox)

    async def crew(self) -> None:
        """Bring the installation to one worker and one scheduler that run, whatever a test has done to them."""
        await self.platforms.ask("DELETE", "/faults")
        for part in self.parts:
            if part.special:
                part.kill()
        for name in ("worker", "scheduler"):
            mine = [part for part in self.parts if part.name == name and part.running]
            for part in mine:
                part.thaw()
            for part in mine[1:]:
                part.kill()
            if not mine:
                self.start(name)
        self.parts = [part for part in self.parts if part.running]

    def end(self) -> None:
        """End every part at once."""
        for part in self.parts:
            part.kill()

    @asynccontextmanager
    async def workspace(self) -> AsyncIterator[Workspace]:
        """A tenant of its own, whose events are read from the first one on."""
        async with self.rt.db.system() as session:
            tenant: UUID = await create(session, f"t{secrets.token_hex(6)}", "Test")
        async with reading(self.rt, tenant) as reader:
            yield Workspace(self.rt, self.platforms, tenant, reader)

    @asynccontextmanager
    async def server(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection to the database server beside the installation, as its operator has."""
        address = urlsplit(self.database_url)._replace(path="/postgres").geturl()
        connection = await asyncpg.connect(address)
        try:
            yield connection
        finally:
            await connection.close()

    @asynccontextmanager
    async def locked(self, tenant: UUID) -> AsyncIterator[None]:
        """Nothing of the tenant can be committed for the time of the block: its event counter is held."""
        connection = await asyncpg.connect(self.database_url)
        try:
            async with connection.transaction():
                await connection.execute("SELECT FROM tenants WHERE id = $1 FOR UPDATE", tenant)
                yield
        finally:
            await connection.close()

    async def cut_off(self, name: str) -> None:
        """End the server's sessions of that name: one whose client is dead would still commit what it was told to."""
        query = (
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = $1 AND application_name = $2"
        )
        async with self.server() as server:
            await server.fetch(query, self.database, name)

    async def waiting_for_a_lock(self, name: str, count: int) -> None:
        """Return once so many connections of that name wait for a lock."""
        query = """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = $1 AND application_name = $2 AND wait_event_type = 'Lock' AND query LIKE '%append_events%'
        """
        async with self.server() as server, asyncio.timeout(60):
            # The server announces no waiting: it has to be asked.
            while await server.fetchval(query, self.database, name) < count:  # noqa: ASYNC110 -- there is nothing to wait on: it looks from outside
                await asyncio.sleep(0.02)

    async def hang_up(self) -> int:
        """End every connection of the workers and schedulers to the database; gives how many there were."""
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name ~ $2"
        async with self.server() as server:
            return len(await server.fetch(query, self.database, "^postd-(worker|scheduler)"))

    @asynccontextmanager
    async def database_away(self) -> AsyncIterator[None]:
        """Nobody can reach the database for the time of the block, and every connection to it is ended."""
        async with self.server() as server:
            await server.execute(f'ALTER DATABASE "{self.database}" ALLOW_CONNECTIONS false')
            try:
                await self.hang_up()
                yield
            finally:
                await server.execute(f'ALTER DATABASE "{self.database}" ALLOW_CONNECTIONS true')

    @property
    def database(self) -> str:
        """The name of the database."""
        return urlsplit(self.database_url).path[1:]

    async def flush_redis(self) -> None:
        """Lose everything that the installation keeps in Redis."""
        await self.rt.redis.flushdb()

    def words(self) -> str:
        """The end of every log, for whoever reads a failure."""
        return "\n".join(part.words() for part in self.parts)


@asynccontextmanager
async def installed(database_url: str, redis_url: str, folder: Path) -> AsyncIterator[Installation]:
    """An installation on an empty database and an empty Redis database; it ends with the block."""
    await asyncio.to_thread(schema.upgrade, database_url, metadata())
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        await client.flushdb()
    data = folder / "sandbox"
    sandbox = _sandbox(folder, 0, 0)
    async with AsyncExitStack() as stack:
        stack.callback(sandbox.kill)
        addresses = _addresses(data / "addresses.json", sandbox)
        environment = {
            **SHORT,
            "POSTD_DATABASE_URL": database_url,
            "POSTD_REDIS_URL": redis_url,
            "POSTD_VAULT_KEYS": generate_key(),
            "POSTD_ENVIRONMENT": "development",
            "POSTD_PLC_URL": addresses["bluesky"],
            "POSTD_HANDLE_RESOLVER": addresses["bluesky"],
            "POSTD_EGRESS_ALLOW": "127.0.0.0/8",
            "POSTD_MEDIA_STORE": f"file:{folder / 'media'}",
        }
        with patch.dict(os.environ, environment):
            settings = Settings(_env_file=None, timing=Timing(_env_file=None))
        rt = await stack.enter_async_context(running(settings, name="postd-test"))
        control = await stack.enter_async_context(platforms(addresses))
        installation = Installation(folder, environment, rt, control, database_url, sandbox)
        stack.callback(installation.kill_sandbox)
        stack.callback(installation.end)
        yield installation


def _sandbox(folder: Path, bluesky: int, mastodon: int) -> Part:
    ports = ["--bluesky-port", str(bluesky), "--mastodon-port", str(mastodon)]
    return start("sandbox", ["-m", "app.cli", "sandbox", "--data", str(folder / "sandbox"), *ports], {}, folder)


def _addresses(file: Path, sandbox: Part) -> dict[str, str]:
    """What the sandbox wrote down once it answered; a file that another one has left does not count."""
    until = time.monotonic() + 60
    while time.monotonic() < until and sandbox.running:
        if file.exists():
            found: dict[str, Any] = orjson.loads(file.read_bytes())
            if found["pid"] == sandbox.pid:
                return found
        time.sleep(0.05)
    raise AssertionError(f"the simulated platforms did not start\n{sandbox.words()}")
