"""A data folder of a test's own, and what tests do to the processes in it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import psutil
import redis

from app.kernel.embedded.addresses import Addresses, read
from app.kernel.embedded.folder import Folder

GRACE = 0.1
"""Seconds that servers of a test stay after the last command: tests do not wait for the next one."""


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait for something that other processes bring about; fail after a time that no machine needs."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, f"never came true: {what}"
        time.sleep(0.05)


def processes_of(data: Path) -> list[psutil.Process]:
    """Every process that names the folder or works in it: keepers, servers and the servers' own children."""
    found = []
    for process in psutil.process_iter():
        try:
            words, place = " ".join(process.cmdline()), process.cwd()  # both empty for a zombie
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        if process.pid != os.getpid() and (str(data) in words or Path(place).is_relative_to(data)):
            found.append(process)
    return found


def wait_for_end(data: Path) -> None:
    """Wait until no process of the folder is left."""
    wait_until(lambda: not processes_of(data), f"the end of every process of {data}")


def kill(pid: int) -> None:
    """`kill -9`, as an operator or the kernel's memory killer does it."""
    os.kill(pid, signal.SIGKILL)


def addresses_of(data: Path) -> Addresses | None:
    """What a second command would read."""
    return read(Folder(data))


async def remember(servers: Addresses, value: str) -> None:
    """Write a value into both servers."""
    connection = await asyncpg.connect(servers.database_url)
    await connection.execute("CREATE TABLE IF NOT EXISTS memory (value text)")
    await connection.execute("INSERT INTO memory VALUES ($1)", value)
    await connection.close()
    with redis.Redis.from_url(servers.redis_url) as client:
        client.set("memory", value)


async def recall(servers: Addresses) -> tuple[str | None, str | None]:
    """Read the value back from both servers."""
    connection = await asyncpg.connect(servers.database_url)
    in_postgres: str | None = await connection.fetchval("SELECT value FROM memory")
    await connection.close()
    with redis.Redis.from_url(servers.redis_url, decode_responses=True) as client:
        in_valkey = client.get("memory")
    return in_postgres, str(in_valkey)
