"""Probes tell the truth about each part, and cost little."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import httpx2
import pytest
from starlette.applications import Starlette

from app.flows.runtime import Runtime
from app.flows.upkeep.presence import present
from app.http.probes import Readiness, routes
from app.services import schema
from app.services.bus import Bus
from app.services.db import Database
from app.services.vault import SealBroken, Vault
from connectors.secret import Secret
from tests.fixtures.site import Site
from tests.fixtures.world import TestClock, World


class _Deaf:
    """A vault whose master keys do not fit: what a wrong key service looks like."""

    newest = "k1"

    def wrap(self, key_id: str, data_key: bytes, bound: bytes) -> bytes:
        return data_key

    def unwrap(self, key_id: str, wrapped: bytes, bound: bytes) -> bytes:
        raise SealBroken("it does not open")


@pytest.fixture
async def rt(world: World) -> AsyncIterator[Runtime]:
    """Give a runtime whose bus listens, of a process that gives signs of life."""
    with world.rt.bus.watch(world.tenant) as watch:
        await world.rt.bus.start()
        assert await watch.changed(10)  # whoever subscribes is woken
    async with present(world.rt, "api"):
        yield world.rt
    await world.rt.bus.stop()


async def ask(rt: Runtime, path: str = "/readyz") -> httpx2.Response:
    transport = httpx2.ASGITransport(Starlette(routes=routes(rt)))
    async with httpx2.AsyncClient(transport=transport, base_url="http://postd.test") as http:
        return await http.get(path)


async def test_the_process_lives(site: Site) -> None:
    async with httpx2.AsyncClient() as http:
        answer = await http.get(f"{site.url}/livez")
    assert (answer.status_code, answer.text) == (200, "alive\n")


async def test_all_is_well(rt: Runtime) -> None:
    answer = await ask(rt)
    assert answer.status_code == 200
    body = answer.json()
    assert body["ready"] is True
    assert {name: part["ok"] for name, part in body["parts"].items()} == {
        "database": True,
        "migrations": True,
        "bus": True,
        "process": True,
        "vault": True,
    }
    assert body["parts"]["migrations"]["evidence"] == f"the schema is at {schema.head()}"
    assert body["parts"]["bus"]["evidence"].startswith("heard ")
    assert answer.headers["cache-control"] == "no-store"


async def test_another_schema_is_not_ready(rt: Runtime, owner: asyncpg.Pool) -> None:
    await owner.execute("UPDATE alembic_version SET version_num = '0001'")
    try:
        answer = await ask(rt)
    finally:
        await owner.execute("UPDATE alembic_version SET version_num = $1", schema.head())
    assert answer.status_code == 503
    evidence = f"the schema is at 0001, this release needs {schema.head()}: run `postd migrate`"
    assert answer.json()["parts"]["migrations"] == {"ok": False, "evidence": evidence}
    assert answer.json()["ready"] is False


async def test_a_bus_that_never_heard_anything_is_not_ready(world: World) -> None:
    answer = await ask(world.rt)
    assert answer.status_code == 503
    assert answer.json()["parts"]["bus"] == {"ok": False, "evidence": "nothing was heard yet: is Redis up?"}


async def test_a_bus_that_fell_silent_is_not_ready(world: World, rt: Runtime) -> None:
    await rt.bus.stop()
    rt.bus._clock = TestClock()
    rt.bus._clock.slept = 7
    part = (await ask(rt)).json()["parts"]["bus"]
    assert part["ok"] is False
    assert part["evidence"].startswith("nothing was heard for ")


async def test_a_database_that_is_away_is_not_ready(rt: Runtime) -> None:
    away = Database("postgresql://nobody:a-password@127.0.0.1:1/none")
    answer = await ask(replace(rt, db=away))
    await away.close()
    assert answer.status_code == 503
    parts = answer.json()["parts"]
    assert parts["database"] == {"ok": False, "evidence": "ConnectionRefusedError"}
    assert parts["migrations"] == {"ok": False, "evidence": "ConnectionRefusedError"}
    assert parts["vault"]["ok"] is True
    assert "a-password" not in answer.text


async def test_a_database_that_hangs_is_not_ready(rt: Runtime) -> None:
    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(swallow, "127.0.0.1", 0)
    async with server:
        hanging = Database(f"postgresql://a:b@127.0.0.1:{server.sockets[0].getsockname()[1]}/none")
        answer = await ask(replace(rt, db=hanging))
        await hanging.close()
    assert answer.json()["parts"]["database"] == {"ok": False, "evidence": "no answer within 1 s"}


async def test_a_process_that_gives_no_sign_of_life_is_not_ready(
    rt: Runtime, owner: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "elsewhere")
    answer = await ask(rt)
    assert answer.status_code == 503
    part = answer.json()["parts"]["process"]
    assert part == {"ok": False, "evidence": "this process has given no sign of life yet"}
    await owner.execute(
        "INSERT INTO processes (id, role, host, pid, version, started_at, seen_at) "
        "VALUES (gen_random_uuid(), 'api', 'elsewhere', $1, '1', now(), clock_timestamp() - interval '90 seconds')",
        os.getpid(),
    )
    part = (await ask(rt)).json()["parts"]["process"]
    assert part == {"ok": False, "evidence": "this process has given no sign of life for 90 s: restart it"}


async def test_a_bus_whose_server_is_gone_is_not_ready(world: World, rt: Runtime) -> None:
    """There is no server at its address: nothing is ever heard."""
    deaf = Bus("redis://127.0.0.1:1/0", clock=world.clock)
    await deaf.start()
    try:
        answer = await ask(replace(rt, bus=deaf))
    finally:
        await deaf.stop()
    assert (answer.status_code, answer.json()["parts"]["bus"]["ok"]) == (503, False)


async def test_a_vault_that_does_not_open_is_not_ready(rt: Runtime) -> None:
    answer = await ask(replace(rt, vault=Vault(_Deaf())))
    assert answer.status_code == 503
    assert answer.json()["parts"]["vault"] == {"ok": False, "evidence": "SealBroken"}


async def test_an_answer_is_kept_for_a_second(world: World, rt: Runtime) -> None:
    looked = 0

    class Counting(Vault):
        def seal(self, *args: object) -> bytes:
            nonlocal looked
            looked += 1
            return super().seal(*args)  # type: ignore[arg-type]

        def open(self, *args: object) -> Secret:
            return super().open(*args)  # type: ignore[arg-type]

    counted = replace(rt, vault=Counting(rt.vault._keys))
    readiness = Readiness(counted)
    await asyncio.gather(*(readiness.parts() for _ in range(20)))
    assert looked == 1
    world.clock.slept = 1.0
    await readiness.parts()
    assert looked == 2


async def test_figures(rt: Runtime) -> None:
    answer = await ask(rt, "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "postd_bus_age_seconds" in answer.text
