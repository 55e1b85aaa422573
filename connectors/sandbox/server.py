"""Runs the simulated platforms: one process, one port a platform, one data folder.

    async with Sandbox(Path("data")) as sandbox:
        print(sandbox.bluesky_url, sandbox.mastodon_url, sandbox.endpoints)
        await sandbox.wait()

The data folder belongs to one sandbox at a time. A port of 0 takes any free one. The addresses are also written to
`addresses.json` in the data folder once requests are answered, for whoever started the sandbox as a process.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import socket
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

import orjson
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from connectors.sandbox.bluesky.platform import Bluesky
from connectors.sandbox.control import control_mount
from connectors.sandbox.faults import Release
from connectors.sandbox.gate import CONNECTION, Gate
from connectors.sandbox.linkedin.platform import LinkedIn
from connectors.sandbox.mastodon.platform import Mastodon
from connectors.sandbox.meta.platform import Meta
from connectors.sandbox.seeds import plant
from connectors.sandbox.world import Platform, World

ADDRESSES = "addresses.json"
BLUESKY_PORT = 2583
MASTODON_PORT = 2584
CLOSED: Final[Mapping[str, type[LinkedIn | Meta]]] = {"linkedin": LinkedIn, "meta": Meta}
"""Platforms with one server each, whose real addresses a connector knows: they are reached by `Sandbox.endpoints`."""


class Sandbox:
    """The simulated platforms of one data folder. Start it once; after `stop` make a new one."""

    def __init__(
        self,
        data_dir: Path,
        bluesky_port: int = 0,
        mastodon_port: int = 0,
        *,
        host: str = "127.0.0.1",
        bluesky_url: str | None = None,
        mastodon_url: str | None = None,
        closed_urls: Mapping[str, str] | None = None,
    ) -> None:
        """`host`: where to listen. The URLs say how clients reach the platforms, where that is another name.

        The closed platforms take the ports after Mastodon's, or any free ones where that is 0.
        """
        self._data_dir = data_dir
        self._host = host
        self._ports = {"bluesky": bluesky_port, "mastodon": mastodon_port}
        self._ports |= {name: mastodon_port and mastodon_port + after for after, name in enumerate(CLOSED, start=1)}
        self._urls: dict[str, str | None] = {"bluesky": bluesky_url, "mastodon": mastodon_url, **(closed_urls or {})}
        # A sandbox that was killed has left its addresses behind: the closed platforms are found there again.
        left = _ports_of(data_dir / ADDRESSES)
        self._ports |= {name: port for name, port in left.items() if name in CLOSED and not self._urls.get(name)}
        self._listeners: dict[str, socket.socket] = {}
        self._servers: list[_Server] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._world: World | None = None
        self._lock: int | None = None

    @property
    def bluesky_url(self) -> str:
        """Where the simulated Bluesky answers: data server, authorization server and PLC directory."""
        return self.url("bluesky")

    @property
    def mastodon_url(self) -> str:
        """Where the simulated Mastodon instance answers."""
        return self.url("mastodon")

    @property
    def endpoints(self) -> dict[str, str]:
        """Where the closed platforms answer, by the origin that their documentation names (POSTD_ENDPOINTS)."""
        found: dict[str, str] = {}
        for name, kind in CLOSED.items():
            found |= kind.endpoints(self.url(name))
        return found

    @property
    def apps(self) -> dict[str, dict[str, str]]:
        """The applications that the closed platforms know, by the operator's name of each (POSTD_APPS)."""
        found: dict[str, dict[str, str]] = {}
        for kind in CLOSED.values():
            found |= kind.apps()
        return found

    def url(self, name: str) -> str:
        """Where a platform answers."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return self._urls.get(name) or f"http://{host}:{self._ports[name]}"

    @property
    def meta_url(self) -> str:
        """Where the simulated Facebook and Instagram answer; each of Meta's hosts is the first part of a path."""
        return self.url("meta")

    async def start(self) -> None:
        """Open the data folder and the ports, and begin to answer.

        Raises RuntimeError where another sandbox has the folder, OSError where a port is taken.
        """
        self._data_dir.mkdir(parents=True, exist_ok=True)
        self._lock = _lock(self._data_dir / "lock")
        try:
            self._world = world = World(self._data_dir)
            platforms: dict[str, Platform] = {
                "bluesky": Bluesky(world, lambda: self.bluesky_url),
                "mastodon": Mastodon(world, lambda: self.mastodon_url),
                **{name: kind(world, partial(self.url, name)) for name, kind in CLOSED.items()},
            }
            plant(world, platforms)
            for name in platforms:
                self._listeners[name] = listener = _listen(self._host, self._ports[name])
                self._ports[name] = listener.getsockname()[1]
            hosts = frozenset(urlsplit(url).hostname or "" for url in self._urls.values() if url)
            for name, platform in platforms.items():
                app = platform.application([control_mount(world, platforms, hosts)])
                server = _Server(Gate(world, platform, app))
                self._servers.append(server)
                self._tasks.append(asyncio.create_task(server.serve([self._listeners[name]]), name=f"sandbox {name}"))
            await asyncio.gather(*(server.ready.wait() for server in self._servers))
        except BaseException:
            await self.stop()
            raise
        self._write_addresses()

    async def wait(self) -> None:
        """Return when the servers have ended."""
        await asyncio.gather(*self._tasks)

    async def stop(self) -> None:
        """Drop held requests, close ports and files. Safe to call twice."""
        if self._world is not None:
            self._world.faults.clear(Release.DROP)
        for server in self._servers:
            server.should_exit = True
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for listener in self._listeners.values():
            listener.close()
        self._servers, self._tasks, self._listeners = [], [], {}
        if self._world is not None:
            self._world.close()
            self._world = None
        if self._lock is not None:
            (self._data_dir / ADDRESSES).unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.stop()

    def _write_addresses(self) -> None:
        fresh = self._data_dir / f"{ADDRESSES}.new"
        addresses = {name: self.url(name) for name in self._ports}
        settings = {"endpoints": self.endpoints, "apps": self.apps}
        fresh.write_bytes(orjson.dumps({**addresses, **settings, "pid": os.getpid()}))
        fresh.replace(self._data_dir / ADDRESSES)


def _ports_of(file: Path) -> dict[str, int]:
    if not file.exists():
        return {}
    left: dict[str, object] = orjson.loads(file.read_bytes())
    return {name: urlsplit(url).port or 0 for name, url in left.items() if isinstance(url, str)}


async def serve(
    data_dir: Path,
    bluesky_port: int = BLUESKY_PORT,
    mastodon_port: int = MASTODON_PORT,
    *,
    host: str = "127.0.0.1",
) -> None:
    """Run a sandbox until this task is cancelled."""
    async with Sandbox(data_dir, bluesky_port, mastodon_port, host=host) as sandbox:
        await sandbox.wait()


class _Protocol(HttpToolsProtocol):
    """HTTP connections that the application can close: what a fault needs to leave a request without an answer."""

    def on_message_begin(self) -> None:
        """Offer the connection to the application of the request that begins."""
        super().on_message_begin()
        self.access_log = False  # addresses hold secrets
        self.scope["extensions"] = {CONNECTION: {"close": self.transport.abort}}


class _Server(uvicorn.Server):
    """A server that leaves signals to its owner and says when it is ready."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=_Protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=2,
            )
        )
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none: the servers share the process with their owner."""
        yield


def _listen(host: str, port: int) -> socket.socket:
    # The protocol is named, so that asyncio switches small-packet delays off.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


def _lock(path: Path) -> int:
    """Keep the folder from a second sandbox; the lock ends with the process, however it ends."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise RuntimeError(f"another sandbox uses {path.parent}; stop it or choose another data folder") from None
    return handle
