"""A thousand sockets on one `jobUpdated` subscription of one workspace: how fast a change reaches all of them.

* events delivered/s: a burst of events, until every socket has every one of them.
* p99: from just before the change is written to its message on a socket, at a steady pace.
* memory a socket of the API process.

Reference: one process that writes the same bytes, framed once, to as many sockets (`plain_broadcast.py`), in turn with
ours. It has no database and no bus; ours writes each event to the log, announces it over Valkey, and reads it back.

    python -m benchmarks.fanout [--quick]
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import orjson
import uvloop

from app.actions.keys.create import CreateKey, create
from app.boot.group import Child
from app.domain.keys.model import Scope
from app.kernel.clock import SystemClock
from app.kernel.settings import Settings
from app.services import events
from app.services.bus import Bus
from app.services.db import Database
from benchmarks.measuring import parts, report, rows
from benchmarks.measuring.crowd import PATIENCE, Crowd, Lost
from benchmarks.measuring.documents import FOLLOW
from benchmarks.measuring.figures import Rounds, Spread, percentile, take_turns
from benchmarks.measuring.surroundings import Surroundings, server_versions, surroundings

PROTOCOL = "graphql-transport-ws"
EACH: int = Settings.model_fields["key_sockets"].default
"""Sockets of one key."""
TOGETHER = 20
"""Sockets that are opened at the same time."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is done."""

    sizes: Sequence[int]
    """Sockets. The first number that the server can hold is measured, and each that it cannot is said."""
    burst: int
    paced: int
    pace: float
    """Seconds between two events at the steady pace."""
    rounds: int


@dataclass(frozen=True, slots=True)
class Workspace:
    """Whose job changes, and the keys that its sockets present."""

    tenant: UUID
    job: UUID
    keys: Sequence[str]


async def measure(found: Surroundings, plan: Plan, *, quick: bool) -> None:
    """Both servers in turn."""
    packages = ("strawberry-graphql", "graphql-core", "uvicorn", "uvloop", "websockets", "sqlalchemy")
    report.heading("fanout", await server_versions(found), packages, quick=quick)
    bus = Bus(found.redis_url)
    db = Database(found.database_url, name="benchmark", size=2, announce=bus.announce)
    workspace = await _fill(found, db, plan)
    ports = parts.free_port(), parts.free_port()
    address = {"POSTD_PORT": str(ports[0]), "POSTD_PUBLIC_URL": f"http://127.0.0.1:{ports[0]}"}
    api = parts.python("API", "-m", "app.cli", "api", folder=found.folder, environment=address)
    plain = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.measuring.plain_broadcast",
        str(ports[1]),
        stdin=asyncio.subprocess.PIPE,
    )
    try:
        for size in plan.sizes:
            try:
                with parts.running([api]):
                    await asyncio.gather(parts.answers(api, ports[0]), _listens(ports[1]))
                    await _race(found, plan, size, (db, workspace), (api, plain), ports)
            except Lost as lost:
                report.line(f"{size:,} sockets", f"not held: {lost}")
            else:
                break
    finally:
        with suppress(ProcessLookupError):
            plain.terminate()
        await plain.wait()
        await bus.stop()
        await db.close()


async def _race(
    found: Surroundings,
    plan: Plan,
    size: int,
    data: tuple[Database, Workspace],
    servers: tuple[Child, asyncio.subprocess.Process],
    ports: tuple[int, int],
) -> None:
    (db, workspace), (api, plain) = data, servers
    ours, other = Crowd(b'"next"'), Crowd(b"")
    before = parts.memory(api)

    async def change() -> None:
        async with db.transaction(workspace.tenant) as session:
            events.act_as(session, "benchmark")
            events.record(session, events.Event("job.checkpointed", "job", workspace.job, {"state": "scheduled"}))

    async def write() -> None:
        if plain.stdin is not None:
            plain.stdin.write(ours.last + b"\n")
            await plain.stdin.drain()

    processor = parts.ProcessorTime([api], found.database_url)
    shares: dict[str, float] = {}

    async def burst() -> float:
        nonlocal shares
        await processor.begin()
        speed = await ours.deliver(change, plan.burst, 0)
        shares = await processor.shares()
        return speed

    try:
        for first in range(0, size, TOGETHER):
            numbers = range(first, min(first + TOGETHER, size))
            await asyncio.gather(*(_subscribe(ours, ports[0], workspace.keys[n // EACH]) for n in numbers))
            await asyncio.gather(*(other.add(ports[1], "/", "") for _ in numbers))
        held = (parts.memory(api) - before) / size
        await ours.deliver(change, 1, 0)  # caches are warm, and the bytes are known
        await other.deliver(write, 1, 0)
        speeds = await take_turns(burst, lambda: other.deliver(write, plan.burst, 0), plan.rounds)
        lags: list[list[float]] = []
        for crowd, send in ((ours, change), (other, write)):
            crowd.lags.clear()
            await crowd.deliver(send, plan.paced, plan.pace)
            lags.append(crowd.lags)
    finally:
        ours.close()
        other.close()
        await asyncio.sleep(1)  # the servers notice
    _print(plan, size, speeds, lags)
    report.line("memory a socket", f"{held / 1024:.0f} kB in the API process, subscribed")
    report.line("ours, limited by", parts.words(shares))
    name = f"of the plain broadcast's messages/s at {size:,} sockets"
    report.ratio("fanout", name, speeds.ratio, plan.rounds, more_is_better=True)


def _print(plan: Plan, size: int, speeds: Rounds, lags: list[list[float]]) -> None:
    report.line("load", f"{size:,} sockets, bursts of {plan.burst}, then an event each {plan.pace:g} s")
    for name, speed, late in (("ours", speeds.ours, lags[0]), ("plain broadcast", speeds.reference, lags[1])):
        report.line(f"{name}, messages/s", Spread.of(speed).words(digits=0))
        quantiles = ", ".join(f"p{share} {1000 * percentile(late, share / 100):,.0f} ms" for share in (50, 99))
        report.line(f"{name}, change to message", quantiles)


async def _subscribe(crowd: Crowd, port: int, key: str) -> None:
    socket, begun = await crowd.add(port, "/graphql", PROTOCOL)
    socket.send(orjson.dumps({"type": "connection_init", "payload": {"Authorization": f"Bearer {key}"}}))
    socket.send(orjson.dumps({"id": "1", "type": "subscribe", "payload": {"query": FOLLOW}}))
    try:
        async with asyncio.timeout(PATIENCE):
            await begun.wait()
    except TimeoutError:
        raise Lost(f"a socket did not get the first state within {PATIENCE:.0f} s") from None


async def _listens(port: int) -> None:
    for _ in range(200):
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.05)
    raise parts.DidNotStart("The plain broadcast does not answer.")


async def _fill(found: Surroundings, db: Database, plan: Plan) -> Workspace:
    """A workspace with one job that waits: a new subscription begins with one message, and is known to be there."""
    owner = await asyncpg.connect(found.database_url)
    try:
        caller = await rows.caller(db, "planner")
        targets = await rows.connections(owner, caller.tenant, 1)
        start = datetime.now(UTC) + timedelta(days=1)
        await rows.posts(owner, caller.tenant, 1, targets, start=start, every=1, jobs=1)
        job: UUID = await owner.fetchval("SELECT id FROM jobs")
    finally:
        await owner.close()
    keys: list[str] = []
    for number in range(-(-max(plan.sizes) // EACH)):
        async with db.transaction(caller.tenant) as session:
            command = CreateKey(f"sockets {number}", (Scope.READ,), SystemClock().now(), "benchmark")
            keys.append((await create(session, command)).presented.reveal())
    return Workspace(caller.tenant, job, keys)


def main() -> None:
    """Measure and print."""
    quick = report.is_quick("A thousand sockets on one subscription beside a plain broadcast.")
    plan = Plan((20,), 3, 3, 0.1, 1) if quick else Plan((1_000, 500, 200, 100, 50), 20, 10, 2.0, 5)
    with surroundings() as found:
        uvloop.run(measure(found, plan, quick=quick))


if __name__ == "__main__":
    main()
