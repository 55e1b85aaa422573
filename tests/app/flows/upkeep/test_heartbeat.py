"""The dead-man switch: a sign of life while posts go out, and silence with evidence while they do not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from app.flows.health.model import HealthState
from app.flows.health.read import read_health
from app.flows.upkeep.heartbeat import beat
from app.kernel import metrics
from app.kernel.settings import Settings
from tests.fixtures.world import World, now


@dataclass
class Monitor:
    """A monitor outside: counts the requests that reach it, and answers with one status."""

    url: str = ""
    status: int = 200
    asked: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append((await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[0])
        writer.write(f"HTTP/1.1 {self.status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@pytest.fixture
async def monitor() -> AsyncIterator[Monitor]:
    found = Monitor()
    async with await asyncio.start_server(found.serve, "127.0.0.1", 0) as server:
        found.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/ping/secret"
        yield found


@pytest.fixture(autouse=True)
async def alone(world: World) -> None:
    await world.owner.execute("DELETE FROM posts")


def watched(world: World, monitor: Monitor, **changes: object) -> World:
    url = SecretStr(monitor.url)
    settings: Settings = world.rt.settings.model_copy(
        update={"heartbeat_url": url, "egress_allow": ("127.0.0.0/8",), **changes}
    )
    return replace(world, rt=replace(world.rt, settings=settings))


def told(outcome: str) -> float:
    return float(metrics.HEARTBEATS.labels(outcome=outcome)._value.get())


async def due_for(world: World, minutes: float) -> None:
    job = await world.job()
    await world.age(job.id, timedelta(minutes=minutes))


async def test_while_nothing_is_due_the_monitor_hears_of_it(world: World, monitor: Monitor) -> None:
    await world.job(now=world.clock.now() + timedelta(hours=1))
    before = told("sent")
    assert await beat(watched(world, monitor).rt)
    assert monitor.asked == ["GET /ping/secret HTTP/1.1"]
    assert (told("sent") - before, metrics.STALLED._value.get()) == (1, 0)


async def test_what_has_just_become_due_is_no_stall(world: World, monitor: Monitor) -> None:
    await due_for(world, 1)
    assert await beat(watched(world, monitor).rt)
    assert len(monitor.asked) == 1


async def test_a_stall_is_silence_with_evidence(world: World, monitor: Monitor) -> None:
    seen = watched(world, monitor)
    assert {one.name: one.state for one in (await read_health(seen.rt, world.tenant)).checks}["publishing"] == "ok"
    await due_for(world, 20)
    before = told("withheld")
    assert not await beat(seen.rt)
    assert monitor.asked == []
    assert (told("withheld") - before, metrics.STALLED._value.get()) == (1, 1)
    checks = {one.name: one for one in (await read_health(seen.rt, world.tenant)).checks}
    assert checks["publishing"].state is HealthState.DOWN
    assert "no worker claims any (none is known)" in checks["publishing"].message


async def test_workers_that_claim_something_are_no_stall(world: World, monitor: Monitor) -> None:
    await due_for(world, 20)
    busy = await world.sending()
    assert await beat(watched(world, monitor).rt)
    await world.owner.execute(
        "UPDATE job_attempts SET started_at = started_at - interval '10 minutes' WHERE job_id = $1", busy.id
    )
    assert not await beat(watched(world, monitor).rt)
    assert len(monitor.asked) == 1


async def test_what_waits_for_its_turn_behind_a_long_upload_is_no_stall(world: World, monitor: Monitor) -> None:
    connection = await world.connection()
    busy = await world.sending(connection)
    await world.owner.execute(
        "UPDATE job_attempts SET started_at = started_at - interval '10 minutes' WHERE job_id = $1", busy.id
    )
    await world.age((await world.job(connection)).id, timedelta(minutes=20))
    assert await beat(watched(world, monitor).rt)
    await world.set(busy.id, lease_until=now() - timedelta(seconds=1))  # its worker is gone
    assert not await beat(watched(world, monitor).rt)


async def test_what_waits_for_an_account_is_no_stall(world: World, monitor: Monitor) -> None:
    job = await world.job()
    await world.age(job.id)
    await world.set(job.id, state="parked", park_reason="connection")
    assert await beat(watched(world, monitor).rt)


async def test_a_monitor_that_fails_stops_nothing(world: World, monitor: Monitor) -> None:
    monitor.status = 500
    before = told("failed")
    assert await beat(watched(world, monitor).rt)
    assert len(monitor.asked) == 1
    assert await beat(watched(world, replace(monitor, url="http://127.0.0.1:1/")).rt)
    assert told("failed") - before == 2


async def test_a_private_address_that_was_not_allowed_is_not_called(world: World, monitor: Monitor) -> None:
    assert await beat(watched(world, monitor, egress_allow=()).rt)
    assert monitor.asked == []


async def test_without_a_monitor_a_stall_is_still_found(world: World) -> None:
    assert await beat(world.rt)
    await due_for(world, 20)
    assert not await beat(world.rt)
