"""Processes of a benchmark: start them, wait until they answer, and tell what processor time each one took."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import psutil

from app.boot.group import Child, stop_all

PATIENCE = 60.0
"""Seconds until a process must answer."""


class DidNotStart(Exception):
    """A process ended or did not answer; the message has the end of its output."""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def python(name: str, *arguments: str, folder: Path, environment: dict[str, str] | None = None) -> Child:
    """A Python process of the benchmark that writes its output to a file of its name."""
    return Child(name, [sys.executable, *arguments], environment or {}, folder / f"{name}.log")


@contextmanager
def running(parts: Sequence[Child]) -> Iterator[None]:
    """Run the processes for the time of the block."""
    started: list[Child] = []
    try:
        for part in parts:
            part.start()
            started.append(part)
        yield
    finally:
        stop_all(started)


async def answers(part: Child, port: int) -> None:
    """Wait until the process listens on its port.

    Raises:
        DidNotStart: it ended, or does not listen in time.
    """
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and part.running():
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise DidNotStart(f"{part.name} does not answer. Its output ends with:\n{tail(part)}")


def tail(part: Child, lines: int = 20) -> str:
    """The end of a process's output."""
    if part.log is None or not part.log.exists():
        return "(nothing)"
    return "\n".join(part.log.read_text(errors="replace").splitlines()[-lines:])


def memory(part: Child) -> int:
    """Bytes that a process and its children hold in memory."""
    if part.process is None:
        return 0
    parent = psutil.Process(part.process.pid)
    return sum(int(one.memory_info().rss) for one in (parent, *parent.children(recursive=True)))


class ProcessorTime:
    """What share of one core each party took, from `begin` to `shares`."""

    def __init__(self, parts: Sequence[Child], database_url: str) -> None:
        self._parts = parts
        self._url = database_url
        self._began = 0.0
        self._before: dict[str, float] = {}

    async def begin(self) -> None:
        """Start to count."""
        self._before, self._began = await self._read(), time.monotonic()

    async def seconds(self) -> dict[str, float]:
        """Seconds of processor time since `begin`, by party."""
        now = await self._read()
        return {name: now[name] - self._before.get(name, 0.0) for name in now}

    async def shares(self) -> dict[str, float]:
        """Percent of one core, by party: each process with its children, PostgreSQL's sessions, and this process."""
        passed, now = time.monotonic() - self._began, await self._read()
        return {name: 100 * (now[name] - self._before.get(name, 0.0)) / passed for name in now}

    async def _read(self) -> dict[str, float]:
        found = {part.name: _seconds(part.process.pid) for part in self._parts if part.process is not None}
        return {**found, "PostgreSQL": await self._database(), "this script": _own(os.getpid())}

    async def _database(self) -> float:
        connection = await asyncpg.connect(self._url)
        try:
            rows = await connection.fetch(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        finally:
            await connection.close()
        return sum(_own(row["pid"]) for row in rows)


def words(shares: dict[str, float]) -> str:
    """Shares for people, the busiest first."""
    ordered = sorted(shares.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {share:.0f} %" for name, share in ordered if share >= 1) + " of a core"


def _seconds(pid: int) -> float:
    try:
        process = psutil.Process(pid)
        return _own(pid) + sum(_own(child.pid) for child in process.children(recursive=True))
    except psutil.NoSuchProcess:
        return 0.0


def _own(pid: int) -> float:
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
