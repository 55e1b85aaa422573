"""How late a post is accepted by its platform, at 50 due posts a second, with a scheduler and a worker process.

The lag runs from the planned instant to the line in the simulated platform's ledger; each publish takes that platform
50 ms and an fsync. Posts of four workspaces go out on 200 connections.

Reference: a plain asyncio loop that sleeps until each instant and sends the same request with the same HTTP client, in
turn with ours. It keeps nothing: no claim, no intent, no event, no retry.

Then a backlog: 1,000 posts of one workspace are due at once. How fast do they go out, and how long does the only post
of another workspace wait meanwhile?

    python -m benchmarks.due_lag [--quick]
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from uuid import UUID, uuid4

import asyncpg
import orjson
import uvloop

from app.services.db import Database
from app.services.vault import Keyring, Vault
from benchmarks.measuring import parts, platform, report, rows
from benchmarks.measuring.figures import Rounds, Spread, percentile
from benchmarks.measuring.platform import Platform
from benchmarks.measuring.surroundings import Surroundings, server_versions, surroundings
from connectors.egress import EgressPolicy
from connectors.secret import Secret
from connectors.transport import HttpPool, Transport

PACKAGES = ("dramatiq", "sqlalchemy", "asyncpg", "httpx2", "uvloop")
WORKSPACES = 4
CONNECTIONS = 50
"""Of each workspace."""
PER_SECOND = 50
AHEAD = timedelta(seconds=3)
"""Between writing the posts and the first planned instant."""
PATIENCE = 120.0
LOOPBACK = ip_network("127.0.0.0/8")
WAITING = "SELECT count(*) FROM jobs WHERE post_id = ANY($1) AND state <> 'published'"
SHARES = (50, 95, 99)
TEXT = orjson.loads(rows.CONTENT)["parts"][0]["text"]


@dataclass(frozen=True, slots=True)
class Workspace:
    """A tenant with its connections."""

    tenant: UUID
    targets: list[UUID]


@dataclass(slots=True)
class Bench:
    """What every round needs."""

    owner: asyncpg.Connection
    workspaces: list[Workspace]
    platform: Platform
    pool: HttpPool

    async def scheduled(self, seconds: float) -> list[float]:
        """Let our processes publish for so long; gives the lags in seconds."""
        each = int(PER_SECOND * seconds / WORKSPACES)
        start, posts = datetime.now(UTC) + AHEAD, []
        for place, one in enumerate(self.workspaces):
            begins, step = start + timedelta(seconds=place / PER_SECOND), WORKSPACES / PER_SECOND
            posts += await rows.posts(self.owner, one.tenant, each, one.targets, start=begins, every=step, jobs=1)
        await self.published(posts)
        return await self.lags(posts)

    async def published(self, posts: list[UUID]) -> None:
        """Wait until all jobs of these posts are out."""
        async with asyncio.timeout(PATIENCE):
            while await self.owner.fetchval(WAITING, posts):  # noqa: ASYNC110 -- the database has no event for this
                await asyncio.sleep(0.2)

    async def lags(self, posts: list[UUID]) -> list[float]:
        """From each planned instant to its acceptance, in seconds."""
        accepted = await self.platform.accepted()
        keys = await self.owner.fetch(
            "SELECT attempt_key, due_at FROM job_parts JOIN jobs ON jobs.id = job_parts.job_id WHERE post_id = ANY($1)",
            posts,
        )
        return [(accepted[str(row["attempt_key"])] - row["due_at"]).total_seconds() for row in keys]

    async def plain(self, seconds: float) -> list[float]:
        """Let the plain loop publish as many at the same pace; gives the lags in seconds."""
        start = datetime.now(UTC) + timedelta(seconds=0.5)
        due = {uuid4(): start + timedelta(seconds=n / PER_SECOND) for n in range(int(PER_SECOND * seconds))}
        await asyncio.gather(*(self._send_at(key, at) for key, at in due.items()))
        accepted = await self.platform.accepted()
        return [(accepted[str(key)] - at).total_seconds() for key, at in due.items()]

    async def _send_at(self, key: UUID, at: datetime) -> None:
        await asyncio.sleep((at - datetime.now(UTC)).total_seconds())
        answer = await Transport(self.pool).send(
            "POST",
            f"{self.platform.url}/api/v1/statuses",
            token=Secret(self.platform.token),
            headers={"Idempotency-Key": str(key)},
            json={"status": TEXT, "language": "en", "visibility": "public"},
            effect=True,
        )
        if not answer.ok:
            raise RuntimeError(f"the platform answered {answer.status}")

    async def backlog(self, count: int) -> tuple[float, float]:
        """Posts a second out of a backlog of one workspace, and the lag of another one's only post in seconds."""
        big, small = self.workspaces[0], self.workspaces[1]
        began = datetime.now(UTC) + timedelta(seconds=2)
        many = await rows.posts(self.owner, big.tenant, count, big.targets, start=began, every=0, jobs=1)
        alone = began + timedelta(seconds=1)
        one = await rows.posts(self.owner, small.tenant, 1, small.targets, start=alone, every=0, jobs=1)
        await self.published([*many, *one])
        return count / max(await self.lags(many)), (await self.lags(one))[0]


async def measure(found: Surroundings, *, quick: bool) -> None:
    """Start everything, then take turns."""
    report.heading("due_lag", await server_versions(found), PACKAGES, quick=quick)
    social = platform.process(found.folder)
    ours = [parts.python(name, "-m", "app.cli", name, folder=found.folder) for name in ("worker", "scheduler")]
    with parts.running([social]):
        where = await platform.ready(social, found.folder)
        owner = await asyncpg.connect(found.database_url)
        pool = HttpPool(egress=EgressPolicy(allow=(LOOPBACK,)), connections=200, keepalive=200)
        try:
            bench = Bench(owner, await _fill(found, owner, where), where, pool)
            with parts.running(ours):
                await _race(bench, parts.ProcessorTime([social, *ours], found.database_url), quick=quick)
        finally:
            await pool.aclose()
            await owner.close()


async def _race(bench: Bench, processor: parts.ProcessorTime, *, quick: bool) -> None:
    seconds, rounds, backlog = (2.0, 1, 50) if quick else (10.0, 5, 1_000)
    await bench.scheduled(1)  # processes have started, connections are open
    await bench.plain(1)
    ours: list[float] = []
    plain: list[float] = []
    ninety_nine = Rounds()
    shares: dict[str, float] = {}
    for number in range(rounds):
        for turn in ("ours", "plain") if number % 2 == 0 else ("plain", "ours"):
            if turn == "ours":
                await processor.begin()
                lags = await bench.scheduled(seconds)
                shares = await processor.shares()
                ours += lags
                ninety_nine.ours.append(percentile(lags, 0.99))
            else:
                lags = await bench.plain(seconds)
                plain += lags
                ninety_nine.reference.append(percentile(lags, 0.99))
    speed, alone = await bench.backlog(backlog)
    for name, found in (("ours", ours), ("plain loop", plain)):
        quantiles = ", ".join(f"p{share} {1000 * percentile(found, share / 100):.0f} ms" for share in SHARES)
        report.line(f"{name}, due to accepted", f"{quantiles} ({len(found):,} posts at {PER_SECOND}/s)")
    report.line("ours, limited by", parts.words(shares))
    report.line("p99 by round, ours", Spread.of([1000 * lag for lag in ninety_nine.ours]).words("ms", 0))
    report.line("a backlog goes out at", f"{speed:.1f} posts/s ({backlog:,} due at once, {CONNECTIONS} connections)")
    report.line("another workspace waits", f"{alone:.2f} s for its only post meanwhile")
    report.ratio("due_lag", "p99 of ours by p99 of the plain loop", ninety_nine.ratio, rounds, more_is_better=False)


async def _fill(found: Surroundings, owner: asyncpg.Connection, where: Platform) -> list[Workspace]:
    vault = Vault(Keyring.parse(found.vault_keys))
    db = Database(found.database_url, name="benchmark", size=2)
    workspaces: list[Workspace] = []
    try:
        for number in range(WORKSPACES):
            tenant = (await rows.caller(db, f"workspace-{number}")).tenant
            targets = await rows.connections(owner, tenant, CONNECTIONS, where.url)
            await rows.tokens(owner, vault, tenant, targets, where.token)
            workspaces.append(Workspace(tenant, targets))
    finally:
        await db.close()
    return workspaces


def main() -> None:
    """Measure and print."""
    quick = report.is_quick("How late posts are accepted at 50 due a second, beside a plain loop.")
    with surroundings() as found:
        uvloop.run(measure(found, quick=quick))


if __name__ == "__main__":
    main()
