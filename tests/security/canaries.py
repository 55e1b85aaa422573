"""Known secrets, and the search for them in everything that an installation writes down or says."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import asyncpg
import orjson
import pytest
from redis.asyncio import Redis

from connectors.secret import Secret

UNNAMED = "a Secret"
SHORTEST = 12
"""Shorter values occur by chance, and no secret of ours or of a platform's is shorter."""


@dataclass
class Canaries:
    """Every secret that must be found nowhere, each with a word that says what it is."""

    known: dict[str, str] = field(default_factory=dict)
    """Value -> what it is."""
    harmless: set[str] = field(default_factory=set)
    """What a user typed into a form without its being secret."""

    def add(self, what: str, value: str) -> None:
        """Look for this value, and for the parts of it that would open as much."""
        if len(value) < SHORTEST or value in self.harmless or "://" in value or value.startswith("did:"):
            return
        if value[0] in "[{":
            for name, inner in _texts(orjson.loads(value)):
                self.add(f"{what}.{name}", inner)
            return
        if self.known.get(value) in (None, UNNAMED):
            self.known[value] = what

    def hits(self, sink: str | bytes) -> list[str]:
        """What of it the sink holds: as it stands, quoted for an address, or in base64."""
        data = sink if isinstance(sink, bytes) else sink.encode()
        return sorted({what for value, what in self.known.items() if any(form in data for form in _forms(value))})

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take in every `Secret` that is made meanwhile: tokens, codes, verifiers, keys, whatever they are."""
        make = Secret.__init__

        def heard(secret: Secret, value: str) -> None:
            make(secret, value)
            self.add(UNNAMED, value)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Secret, "__init__", heard)
            yield


_PRIVATE = {"access", "refresh", "d", "verifier", "dpop_key", "tokens"}
"""Of a packed secret these names; the others say when it ends and for whom it is."""


def _texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, name)
    elif isinstance(value, str) and name in _PRIVATE:
        yield name, value


def _forms(value: str) -> set[bytes]:
    plain = value.encode()
    return {plain, quote(value, safe="").encode(), unquote(value).encode(), base64.b64encode(plain).rstrip(b"=")}


async def database_text(owner: asyncpg.Pool) -> dict[str, bytes]:
    """Every value of every column of every table: `table.column` -> all of it, bytes as they are."""
    found: dict[str, bytes] = {}
    tables = await owner.fetch(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    )
    for (table,) in tables:
        rows = await owner.fetch(f'SELECT * FROM "{table}"')
        for row in rows:
            for column, value in row.items():
                data = value if isinstance(value, bytes) else str(value).encode()
                found[f"{table}.{column}"] = found.get(f"{table}.{column}", b"") + data + b"\n"
    statements = await owner.fetch("SELECT query FROM pg_stat_activity WHERE datname = current_database()")
    found["pg_stat_activity.query"] = "\n".join(row["query"] for row in statements).encode()
    return found


async def redis_text(redis_url: str) -> dict[str, bytes]:
    """Every key of a Redis database with its value, whatever its type."""
    found: dict[str, bytes] = {}
    client: Redis = Redis.from_url(redis_url)
    async with client:
        async for key in client.scan_iter(count=500):
            match await client.type(key):
                case b"hash":
                    value: Any = await client.hgetall(key)
                case b"set":
                    value = await client.smembers(key)
                case b"list":
                    value = await client.lrange(key, 0, -1)
                case b"zset":
                    value = await client.zrange(key, 0, -1)
                case _:
                    value = await client.get(key)
            found[key.decode(errors="replace")] = key + repr(value).encode()
    return found


def password_in(url: str) -> str:
    """The password of an address."""
    return unquote(urlsplit(url).password or "")
