"""One GraphQL query by our API beside a hand-written route: both over HTTP, each in a process of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import orjson
import uvloop

from app.boot.group import Child
from app.services.db import Database
from benchmarks.measuring import parts, report, requests, rows
from benchmarks.measuring.figures import Spread, percentile, take_turns
from benchmarks.measuring.requests import Target
from benchmarks.measuring.surroundings import Surroundings, server_versions, surroundings

CONNECTIONS = 16
SHARES = (50, 99)
PACKAGES = ("strawberry-graphql", "graphql-core", "starlette", "uvicorn", "uvloop", "sqlalchemy", "asyncpg", "orjson")


@dataclass(frozen=True, slots=True)
class Planned:
    """The rows of the benchmark, and who may read them."""

    caller: rows.Caller
    job: UUID


Asked = Callable[[Planned, int], Target]
"""The request for the rows, on a port."""


def compare(name: str, description: str, ours: Asked, plain: Asked) -> None:
    """Measure and print."""
    quick = report.is_quick(description)
    with surroundings() as found:
        uvloop.run(_compare(name, found, ours, plain, quick=quick))


async def _compare(name: str, found: Surroundings, ours: Asked, plain: Asked, *, quick: bool) -> None:
    report.heading(name, await server_versions(found), PACKAGES, quick=quick)
    planned = await _fill(found, 200 if quick else 5_000)
    ports = parts.free_port(), parts.free_port()
    environment = {"POSTD_PORT": str(ports[0]), "POSTD_PUBLIC_URL": f"http://127.0.0.1:{ports[0]}"}
    api = parts.python("API", "-m", "app.cli", "api", folder=found.folder, environment=environment)
    served = ("--factory", "benchmarks.measuring.plain_api:factory", "--port", str(ports[1]))
    options = ("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning")
    route = parts.python("plain route", "-m", "uvicorn", *served, *options, folder=found.folder)
    with parts.running([api, route]):
        await asyncio.gather(parts.answers(api, ports[0]), parts.answers(route, ports[1]))
        await _race(name, found, (ours(planned, ports[0]), plain(planned, ports[1])), [api, route], quick=quick)


async def _race(
    name: str, found: Surroundings, targets: tuple[Target, Target], processes: list[Child], *, quick: bool
) -> None:
    bodies = [await requests.ask(target) for target in targets]
    if orjson.loads(bodies[0]) != orjson.loads(bodies[1]):
        raise RuntimeError(f"the two do not answer alike:\n{bodies[0][:2000]!r}\n{bodies[1][:2000]!r}")
    seconds, rounds = (0.5, 1) if quick else (4.0, 7)
    processor = parts.ProcessorTime(processes, found.database_url)
    latencies: list[list[float]] = [[], []]
    shares: list[dict[str, float]] = [{}, {}]
    costs: list[list[float]] = [[], []]

    async def run(which: int) -> float:
        await processor.begin()
        done = await requests.load(targets[which], CONNECTIONS, seconds, len(bodies[which]))
        shares[which] = await processor.shares()
        latencies[which] += done.latencies
        busy = shares[which][processes[which].name] / 100 * (len(done.latencies) / done.per_second)
        costs[which].append(1000 * busy / len(done.latencies))
        return done.per_second

    for which in (0, 1):  # caches are warm before anything counts
        await requests.load(targets[which], CONNECTIONS, seconds / 2, len(bodies[which]))
    figures = await take_turns(lambda: run(0), lambda: run(1), rounds)
    for which, (who, taken) in enumerate((("our API", figures.ours), ("plain route", figures.reference))):
        report.line(f"{who}, requests/s", Spread.of(taken).words())
        quantiles = ", ".join(f"p{share} {1000 * percentile(latencies[which], share / 100):.1f} ms" for share in SHARES)
        report.line(f"{who}, latency", quantiles)
        report.line(f"{who}, processor time", Spread.of(costs[which]).words("ms a request, of its process", 2))
        report.line(f"{who}, limited by", parts.words(shares[which]))
    report.line("answer", f"{len(bodies[0]):,} bytes, equal on both sides")
    report.ratio(name, "of the plain route's requests/s", figures.ratio, rounds, more_is_better=True)


async def _fill(found: Surroundings, count: int) -> Planned:
    db, owner = Database(found.database_url, name="benchmark", size=2), await asyncpg.connect(found.database_url)
    try:
        caller = await rows.caller(db, "planner")
        targets = await rows.connections(owner, caller.tenant, 10)
        start = datetime.now(UTC) + timedelta(days=1)
        await rows.posts(owner, caller.tenant, count, targets, start=start, every=60.123457, jobs=2)
        await owner.execute("VACUUM (ANALYZE)")
        job: UUID = await owner.fetchval("SELECT id FROM jobs ORDER BY id OFFSET $1 LIMIT 1", count)
    finally:
        await owner.close()
        await db.close()
    return Planned(caller, job)
