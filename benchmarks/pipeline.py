"""What a post costs from claim to event, in a worker process, beside a plain asyncio loop that does the same I/O.

Ours: a backlog is due, a scheduler and one worker process publish it on the simulated platform, which takes 50 ms. The
time counts from the first acceptance to the last, so that it is the worker's and not the scheduler's start.

Reference: one loop that does the same I/O with as many posts in flight as a worker gives to one platform. It claims in
one statement, writes its intent in another, sends the same request with the same HTTP client, settles with its event in
a third, and announces that to clients over the same server: three commits, one request and one announcement a post. It
has no workspaces, no lease, no fence, no tokens, no timeline and no retry; what it lacks is the price that the ratio
tells.

    python -m benchmarks.pipeline [--quick]
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from itertools import count, takewhile
from uuid import UUID

import asyncpg
import orjson
import uvloop
from redis.asyncio import Redis

from app.flows.publishing.turns import OF_PLATFORM, OF_TENANT, PLATFORM, TENANT
from app.kernel.settings import Settings
from app.services.bulkheads import Bulkheads
from app.services.bus import CHANNEL
from benchmarks.measuring import parts, platform, report, rows, workspaces
from benchmarks.measuring.figures import Spread, take_turns
from benchmarks.measuring.platform import Platform
from benchmarks.measuring.surroundings import Surroundings, server_versions, surroundings
from benchmarks.measuring.workspaces import Workspace
from connectors.egress import EgressPolicy
from connectors.secret import Secret
from connectors.transport import HttpPool, Transport

PACKAGES = ("dramatiq", "sqlalchemy", "asyncpg", "httpx2", "uvloop")
CONNECTIONS = 200
AHEAD = timedelta(seconds=1)
PATIENCE = 300.0
TEXT = orjson.loads(rows.CONTENT)["parts"][0]["text"]

CLAIM = """
    UPDATE plain_jobs SET state = 'publishing' WHERE id = (
        SELECT id FROM plain_jobs WHERE state = 'scheduled' ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
    ) RETURNING id, content
"""
INTEND = "UPDATE plain_jobs SET step = 'sending' WHERE id = $1 AND state = 'publishing'"
SETTLE = """
    WITH settled AS (UPDATE plain_jobs SET state = 'published', ref = $2 WHERE id = $1 RETURNING id)
    INSERT INTO plain_events (job_id, type) SELECT id, 'job.published' FROM settled
"""
TABLES = """
    CREATE TABLE plain_jobs (id uuid PRIMARY KEY, content jsonb, state text, step text, due_at timestamptz,
        ref text);
    CREATE INDEX ON plain_jobs (due_at) WHERE state = 'scheduled';
    CREATE TABLE plain_events (seq bigserial PRIMARY KEY, job_id uuid, type text)
"""
FILL = """
    INSERT INTO plain_jobs SELECT uuidv7(), $1::jsonb, 'scheduled', NULL, now(), NULL FROM generate_series(1, $2::int)
"""


@dataclass(slots=True)
class Bench:
    """What both sides work with."""

    owner: asyncpg.Connection
    database: asyncpg.Pool
    workspace: Workspace
    platform: Platform
    http: HttpPool
    bus: Redis
    in_flight: int
    processor: parts.ProcessorTime
    count: int
    costs: dict[str, list[float]] = field(default_factory=dict)
    """Milliseconds of processor time a post, by party, round by round."""

    async def ours(self) -> float:
        """Posts a second of a worker process."""
        one, due = self.workspace, datetime.now(UTC) + AHEAD
        posts: list[UUID] = await rows.posts(
            self.owner, one.tenant, self.count, one.targets, start=due, every=0, jobs=1
        )
        await self.processor.begin()
        await workspaces.published(self.owner, posts, PATIENCE)
        for name, seconds in (await self.processor.seconds()).items():
            self.costs.setdefault(name, []).append(1000 * seconds / self.count)
        late = sorted(await workspaces.lags(self.owner, self.platform, posts))
        return (self.count - 1) / (late[-1] - late[0])

    async def plain(self) -> float:
        """Posts a second of the plain loop."""
        await self.owner.execute("TRUNCATE plain_jobs, plain_events")
        await self.owner.execute(FILL, rows.CONTENT, self.count)
        began, cost = time.perf_counter(), time.process_time()
        await asyncio.gather(*(self._lane() for _ in range(self.in_flight)))
        passed = time.perf_counter() - began
        self.costs.setdefault("plain loop", []).append(1000 * (time.process_time() - cost) / self.count)
        return self.count / passed

    async def _lane(self) -> None:
        while (job := await self.database.fetchrow(CLAIM)) is not None:
            await self.database.execute(INTEND, job["id"])
            answer = await Transport(self.http).send(
                "POST",
                f"{self.platform.url}/api/v1/statuses",
                token=Secret(self.platform.token),
                headers={"Idempotency-Key": str(job["id"])},
                json={"status": TEXT, "language": "en", "visibility": "public"},
                effect=True,
            )
            if not answer.ok:
                raise RuntimeError(f"the platform answered {answer.status}")
            await self.database.execute(SETTLE, job["id"], str(answer.json()["id"]))
            await self.bus.publish(CHANNEL, f"event:{job['id']}")


def of_one_platform() -> int:
    """How many posts of one platform and workspace a worker process has in flight at most, by default."""
    hulls: Bulkheads[int] = Bulkheads(Settings.model_fields["worker_threads"].default)
    keys = {PLATFORM: OF_PLATFORM, TENANT: OF_TENANT}
    return sum(1 for _ in takewhile(lambda number: hulls.enter(keys, number, number) is not None, count()))


async def measure(found: Surroundings, *, quick: bool) -> None:
    """Start everything, then take turns."""
    report.heading("pipeline", await server_versions(found), PACKAGES, quick=quick)
    posts, rounds = (30, 1) if quick else (1_500, 5)
    social = platform.process(found.folder)
    ours = [parts.python(name, "-m", "app.cli", name, folder=found.folder) for name in ("worker", "scheduler")]
    policy = EgressPolicy(allow=(ip_network("127.0.0.0/8"),))
    with parts.running([social]):
        where = await platform.ready(social, found.folder)
        owner = await asyncpg.connect(found.database_url)
        wide = of_one_platform()
        pool = await asyncpg.create_pool(found.database_url, min_size=wide, max_size=wide)
        http, bus = HttpPool(egress=policy), Redis.from_url(found.redis_url)
        try:
            await owner.execute(TABLES)
            spaces = await workspaces.filled(found, owner, where, count=1, connections=CONNECTIONS)
            with parts.running(ours):
                processor = parts.ProcessorTime([social, *ours], found.database_url)
                bench = Bench(owner, pool, spaces[0], where, http, bus, wide, processor, posts)
                await _race(bench, rounds)
        finally:
            await http.aclose()
            await bus.aclose()
            await pool.close()
            await owner.close()


async def _race(bench: Bench, rounds: int) -> None:
    await bench.ours()  # processes have started, connections are open
    await bench.plain()
    bench.costs.clear()
    found = await take_turns(bench.ours, bench.plain, rounds)
    report.line("a worker process", Spread.of(found.ours).words("posts/s"))
    report.line("the plain loop", Spread.of(found.reference).words("posts/s"))
    for name in ("worker", "scheduler", "PostgreSQL", "plain loop"):
        report.line(f"processor time, {name}", Spread.of(bench.costs[name]).words("ms a post", 2))
    report.ratio("pipeline", "posts/s of the plain loop", found.ratio, rounds, more_is_better=True)


def main() -> None:
    """Measure and print."""
    quick = report.is_quick("What a post costs from claim to event, beside a plain asyncio loop.")
    with surroundings() as found:
        uvloop.run(measure(found, quick=quick))


if __name__ == "__main__":
    main()
