"""The installation under test: servers, platforms, API, workers, a scheduler, and a proxy before each server."""

from __future__ import annotations

import asyncio
import os
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import orjson

from app.domain.tables import metadata
from app.flows.runtime import Runtime, running
from app.kernel.embedded.addresses import read
from app.kernel.embedded.attach import attach
from app.kernel.embedded.folder import Folder
from app.kernel.embedded.stop import stop
from app.kernel.settings import Settings
from app.kernel.timing import Timing
from app.services import schema
from app.services.vault import generate_key
from connectors.faults import PlatformFault
from tests.processes.parts import Part, free_port, start
from tests.processes.platforms import Platforms, platforms
from tests.torture.proxy import Proxy

LEASE = 5.0
"""Seconds. Long enough for a busy machine, short enough to wait for its end many times."""
TIMING = {
    "POSTD_LEASE": str(LEASE),
    "POSTD_LEASE_MARGIN": "1.5",
    "POSTD_OFFER_AGAIN": "2",
    "POSTD_SCAN": "0.1",
    "POSTD_SETTLE_DELAY": "1",
    "POSTD_PLATFORM_PACE": "0.01",
    "POSTD_BACKOFF": "0.3",
    "POSTD_BACKOFF_CAP": "2",
    "POSTD_REVIEW_AFTER": "20",
    "POSTD_REQUEST_TIMEOUT": "20",
    "POSTD_FEED_POLL": "1",
}
SERVERS = ("bluesky", "mastodon", "linkedin", "meta")
"""The simulated servers, by the order of their ports."""


@dataclass(slots=True)
class Stage:
    """What runs, and what stands before it."""

    folder: Path
    environment: Mapping[str, str]
    rt: Runtime
    """Of this process: it reaches the servers directly."""
    platforms: Platforms
    database: Proxy
    redis: Proxy
    wires: Mapping[str, Proxy]
    """The proxies before the platforms, by server."""
    data: Path
    """Where the servers keep their files."""
    port: int
    """Where the API listens."""
    parts: list[Part] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The API's address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, name: str, more: Mapping[str, str] | None = None) -> Part:
        """Start a part by its command."""
        part = start(name, ["-m", "app.cli", name], {**self.environment, **(more or {})}, self.folder)
        self.parts.append(part)
        return part

    def of(self, name: str) -> list[Part]:
        """The running parts of that name."""
        return [part for part in self.parts if part.name == name and part.running]

    async def crew(self) -> None:
        """Bring it to one API, one worker and one scheduler that run, with nothing in their way."""
        for proxy in (self.database, self.redis, *self.wires.values()):
            proxy.forget()
        await self.platforms.ask("DELETE", "/faults")
        for name in ("worker", "scheduler", "api"):
            mine = self.of(name)
            for part in mine:
                part.thaw()
            for part in mine[1:]:
                part.kill()
            if not mine:
                self.start(name)
        self.parts = [part for part in self.parts if part.running]
        await self.answers()

    async def answers(self) -> None:
        """Return once the API answers."""
        async with asyncio.timeout(60):
            while True:
                with suppress(PlatformFault):
                    if (await self.platforms.http.send("GET", f"{self.url}/readyz")).ok:
                        return
                await asyncio.sleep(0.05)

    def server_pid(self, name: str) -> int:
        """The process of `postgres` or `valkey`; 0 while it does not answer."""
        found = read(Folder(self.data))
        return getattr(found, f"{name}_pid") if found is not None else 0

    def end(self) -> None:
        """End every part of POSTD at once."""
        for part in self.parts:
            part.kill()

    def words(self) -> str:
        """The end of every log."""
        return "\n".join(part.words() for part in self.parts)


@asynccontextmanager
async def staged(folder: Path) -> AsyncIterator[Stage]:
    """Servers of its own, platforms and proxies; nothing of POSTD runs yet. All of it ends with the block."""
    async with AsyncExitStack() as stack:
        # As root the servers are another user, who may not enter everybody's folders.
        place = stack.enter_context(tempfile.TemporaryDirectory(prefix="postd-torture-"))
        os.chmod(place, 0o755)  # noqa: PTH101 -- it does not wait
        data = Path(place) / "data"
        stack.callback(stop, data)
        servers = stack.enter_context(await asyncio.to_thread(attach, data))
        await asyncio.to_thread(schema.upgrade, servers.database_url, metadata())
        database, redis = await _before(stack, servers.database_url), await _before(stack, servers.redis_url)
        base = _free_ports(len(SERVERS))
        wires = {
            name: await stack.enter_async_context(Proxy("127.0.0.1", base + offset).listening())
            for offset, name in enumerate(SERVERS)
        }
        urls = {name: f"http://127.0.0.1:{wire.address[1]}" for name, wire in wires.items()}
        arguments = [str(folder / "sandbox"), str(base), orjson.dumps(urls).decode()]
        sandbox = start("sandbox", ["-m", "tests.torture.sandbox", *arguments], {}, folder)
        stack.callback(sandbox.kill)
        known = await asyncio.to_thread(_addresses, folder / "sandbox" / "addresses.json", sandbox)
        port = free_port()
        environment = {
            **TIMING,
            "POSTD_DATABASE_URL": _through(servers.database_url, database),
            "POSTD_REDIS_URL": _through(servers.redis_url, redis),
            "POSTD_VAULT_KEYS": generate_key(),
            "POSTD_ENVIRONMENT": "development",
            "POSTD_PLC_URL": urls["bluesky"],
            "POSTD_HANDLE_RESOLVER": urls["bluesky"],
            "POSTD_EGRESS_ALLOW": "127.0.0.0/8",
            "POSTD_MEDIA_STORE": f"file:{folder / 'media'}",
            "POSTD_ENDPOINTS": orjson.dumps(known["endpoints"]).decode(),
            "POSTD_APPS": orjson.dumps(known["apps"]).decode(),
            "POSTD_HOST": "127.0.0.1",
            "POSTD_PORT": str(port),
            "POSTD_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "POSTD_WORKER_PROCESSES": "3",
            "POSTD_WORKER_THREADS": "40",
        }
        directly = {"POSTD_DATABASE_URL": servers.database_url, "POSTD_REDIS_URL": servers.redis_url}
        with patch.dict(os.environ, {**environment, **directly}):
            settings = Settings(_env_file=None, timing=Timing(_env_file=None))
        rt = await stack.enter_async_context(running(settings, name="postd-torture"))
        control = {"bluesky": f"http://127.0.0.1:{base}", "mastodon": urls["mastodon"]}
        outside = await stack.enter_async_context(platforms(control))
        await outside.ask("PATCH", "/settings", {"rate_limits": False, "session_limit": False, "posts_per_day": 10_000})
        stage = Stage(folder, environment, rt, outside, database, redis, wires, data, port)
        stack.callback(stage.end)
        yield stage


async def _before(stack: AsyncExitStack, url: str) -> Proxy:
    parts = urlsplit(url)
    return await stack.enter_async_context(Proxy(parts.hostname or "127.0.0.1", parts.port or 0).listening())


def _through(url: str, proxy: Proxy) -> str:
    parts = urlsplit(url)
    user, at, _ = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}{at}127.0.0.1:{proxy.address[1]}").geturl()


def _free_ports(count: int) -> int:
    """The first of several ports in a row on which nothing listens."""
    while True:
        first = free_port()
        with suppress(OSError, OverflowError), ExitStack() as stack:
            for offset in range(count):
                stack.enter_context(socket.create_server(("127.0.0.1", first + offset)))
            return first


def _addresses(file: Path, sandbox: Part) -> dict[str, Any]:
    until = time.monotonic() + 60
    while time.monotonic() < until and sandbox.running:
        if file.exists():
            found: dict[str, Any] = orjson.loads(file.read_bytes())
            return found
        time.sleep(0.05)
    raise AssertionError(f"the simulated platforms did not start\n{sandbox.words()}")
