"""Where a benchmark runs: a scratch database with the real migrations, a Redis-compatible server, settings, a folder.

Without settings of one's own the servers are embedded under `.postd/benchmarks`, without durability: commits wait for
no disk, on both sides alike. With POSTD_DATABASE_URL and POSTD_REDIS_URL those servers are used; the Redis database
must be empty, because workers of a benchmark would take the messages of others.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import redis

from app.boot.surroundings import scratch_database
from app.domain.tables import metadata
from app.kernel.embedded.attach import attach
from app.services import schema
from app.services.vault import generate_key

FOLDER = ".postd/benchmarks"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a benchmark works with. The same addresses are in this process's environment, for its children."""

    database_url: str
    redis_url: str
    folder: Path
    vault_keys: str


@contextmanager
def surroundings() -> Iterator[Surroundings]:
    """Servers, an empty migrated database and an empty folder for the time of the block. Not within an event loop."""
    os.environ.setdefault("POSTD_DATA_DIR", FOLDER)
    with ExitStack() as stack:
        stack.enter_context(_alone(Path(os.environ["POSTD_DATA_DIR"])))
        database_url = stack.enter_context(migrated_database())
        redis_url = os.environ.get("POSTD_REDIS_URL")
        if redis_url is None:
            servers = stack.enter_context(attach(Path(os.environ["POSTD_DATA_DIR"]) / "test", fast=True))
            redis_url = servers.redis_url
        stack.enter_context(_emptied(redis_url))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="postd-benchmark-")))
        keys = generate_key()
        os.environ.update(
            {
                "POSTD_DATABASE_URL": database_url,
                "POSTD_REDIS_URL": redis_url,
                "POSTD_VAULT_KEYS": keys,
                "POSTD_ENVIRONMENT": "development",
                "POSTD_LOG_LEVEL": "WARNING",
                "POSTD_MEDIA_STORE": f"file:{folder / 'media'}",
                "POSTD_EGRESS_ALLOW": "127.0.0.0/8",
                "POSTD_KEY_RATE": "1000000",
                "POSTD_KEY_BURST": "1000000",
                **{
                    f"POSTD_{whose}_{what}": "1000000" for whose in ("TENANT", "PLATFORM") for what in ("RATE", "BURST")
                },
            }
        )
        yield Surroundings(database_url, redis_url, folder, keys)


@contextmanager
def migrated_database() -> Iterator[str]:
    """A scratch database with every migration; it is dropped at the end."""
    with scratch_database() as url:
        schema.upgrade(url, metadata())
        yield url


async def server_versions(found: Surroundings) -> list[str]:
    """The versions of the two servers, for the heading."""
    connection = await asyncpg.connect(found.database_url)
    try:
        database = await connection.fetchval("SHOW server_version")
    finally:
        await connection.close()
    with redis.Redis.from_url(found.redis_url) as client:
        info = client.info("server")
    name, key = ("Valkey", "valkey_version") if "valkey_version" in info else ("Redis", "redis_version")
    return [f"PostgreSQL {database.split()[0]}", f"{name} {info[key]}"]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other benchmark runs here: two at once would measure each other."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "running.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _emptied(url: str) -> Iterator[None]:
    with redis.Redis.from_url(url) as client:
        own = "POSTD_REDIS_URL" not in os.environ
        if not own and client.dbsize():
            raise SystemExit("The Redis database in POSTD_REDIS_URL is not empty: name another one, e.g. .../9.")
        client.flushdb()
        try:
            yield
        finally:
            client.flushdb()
