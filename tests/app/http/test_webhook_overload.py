"""Too many deliveries for a database that is held: each one is answered as kept and is there, or is sent again."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx2
import pytest

from app.flows.runtime import Runtime
from app.flows.webhooks import intake
from app.kernel import metrics
from app.kernel.settings import PlatformApp
from connectors.sandbox.server import Sandbox
from tests.fixtures.deliveries import APP_SECRET, comment, hub_signature
from tests.fixtures.graph import until
from tests.fixtures.site import served_api

APPS = {"meta": PlatformApp.model_validate({"client_id": "1", "client_secret": APP_SECRET})}
CROWD = 40


@pytest.fixture(scope="module")
async def door(
    migrated_url: str, redis_url: str, sandbox: Sandbox, log: Any, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Runtime]:
    """Give a runtime with the settings of a served API."""
    folder = tmp_path_factory.mktemp("overload")
    async with served_api(migrated_url, redis_url, sandbox, folder, apps=APPS) as rt:
        yield rt


@pytest.fixture
async def http(door: Runtime) -> AsyncIterator[httpx2.AsyncClient]:
    """Give a platform's client."""
    limits = httpx2.Limits(max_connections=CROWD)
    async with httpx2.AsyncClient(base_url=door.settings.public_url, timeout=30, limits=limits) as client:
        yield client


@asynccontextmanager
async def held(owner: asyncpg.Pool) -> AsyncIterator[None]:
    """Let nothing be written into the table of deliveries meanwhile."""
    async with owner.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE webhook_deliveries IN EXCLUSIVE MODE")
        yield


def shed() -> float:
    return metrics.WEBHOOKS.labels(platform="meta", outcome="shed")._value.get()  # type: ignore[no-any-return]  # a private counter


async def send(http: httpx2.AsyncClient, body: bytes) -> tuple[bytes, httpx2.Response]:
    return body, await http.post("/webhooks/meta", content=body, headers=hub_signature(body))


async def kept(owner: asyncpg.Pool, bodies: list[bytes]) -> set[bytes]:
    rows = await owner.fetch("SELECT body FROM webhook_deliveries WHERE body = ANY($1)", bodies)
    return {row["body"] for row in rows}


async def test_what_finds_no_room_is_given_back_and_the_rest_is_kept(
    http: httpx2.AsyncClient, owner: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, before = 15, shed()
    monkeypatch.setattr(intake, "MOST_WAITING", room)
    bodies = [comment(secrets.token_hex(6)) for _ in range(CROWD)]
    # The first is with the database, and so many wait behind it.
    given_back = CROWD - room - 1
    async with held(owner):
        first = asyncio.create_task(send(http, bodies[0]))
        locked = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'webhook_deliveries'::regclass"
        while not await owner.fetchval(locked):  # noqa: ASYNC110 -- looks at the database from outside
            await asyncio.sleep(0.005)
        rest = [asyncio.create_task(send(http, body)) for body in bodies[1:]]
        await until(lambda: shed() == before + given_back)
        assert await kept(owner, bodies) == set()
    answers = await asyncio.gather(first, *rest)
    refused = [answer for _, answer in answers if answer.status_code == 503]
    assert [answer.headers["retry-after"] for answer in refused] == ["5"] * given_back
    accepted = {body for body, answer in answers if answer.status_code == 200}
    assert (len(accepted), await kept(owner, bodies)) == (room + 1, accepted)


async def test_what_waited_too_long_is_given_back_and_taken_when_it_comes_again(
    http: httpx2.AsyncClient, owner: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shed()
    monkeypatch.setattr(intake, "PATIENCE", 0.1)
    bodies = [comment(secrets.token_hex(6)) for _ in range(10)]
    async with held(owner):
        answers = await asyncio.gather(*(send(http, body) for body in bodies))
        assert {answer.status_code for _, answer in answers} == {503}
        assert await kept(owner, bodies) == set()
    assert shed() == before + 10
    monkeypatch.setattr(intake, "PATIENCE", 30.0)
    again = await asyncio.gather(*(send(http, body) for body in bodies))
    assert {answer.status_code for _, answer in again} == {200}
    assert await kept(owner, bodies) == set(bodies)


async def test_large_bodies_do_not_fill_the_memory(
    http: httpx2.AsyncClient, owner: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "MOST_BYTES_WAITING", 1000)
    large = comment(secrets.token_hex(6), message="x" * 2000)
    assert (await send(http, large))[1].status_code == 503
    assert await kept(owner, [large]) == set()
    small = comment(secrets.token_hex(6))
    assert (await send(http, small))[1].status_code == 200
    assert await kept(owner, [small]) == {small}
