"""How late a post is accepted by its platform, at 200 due posts a second, with a scheduler and a worker process.

The lag runs from the planned instant to the line in the simulated platform's ledger; each publish takes that platform
50 ms and an fsync. Posts of four workspaces go out on 200 connections.

Reference: a plain asyncio loop that sleeps until each instant and sends the same request with the same HTTP client, in
turn with ours. It keeps nothing: no claim, no intent, no event, no retry.

Then a backlog: 1,000 posts of one workspace are due at once (100,000 with `--full`). How fast do they go out, and how
long does the only post of another workspace wait meanwhile?

    python -m benchmarks.due_lag [--quick | --full]
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

from benchmarks.measuring import parts, platform, report, rows, workspaces
from benchmarks.measuring.figures import Rounds, Spread, percentile
from benchmarks.measuring.platform import Platform
from benchmarks.measuring.surroundings import Surroundings, server_versions, surroundings
from benchmarks.measuring.workspaces import Workspace
from connectors.egress import EgressPolicy
from connectors.secret import Secret
from connectors.transport import HttpPool, Transport

PACKAGES = ("dramatiq", "sqlalchemy", "asyncpg", "httpx2", "uvloop")
WORKSPACES = 4
CONNECTIONS = 50
"""Of each workspace."""
PER_SECOND = 200
SIZES = {
    report.Size.QUICK: (0.5, 1, 50),
    report.Size.USUAL: (10.0, 5, 1_000),
    report.Size.FULL: (10.0, 5, 100_000),
}
"""Seconds a round, rounds, posts of the backlog."""
AHEAD = timedelta(seconds=3)
"""Between writing the posts and the first planned instant."""
PATIENCE = 120.0
LOOPBACK = ip_network("127.0.0.0/8")
SHARES = (50, 95, 99)
TEXT = orjson.loads(rows.CONTENT)["parts"][0]["text"]


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
        await workspaces.published(self.owner, posts, PATIENCE)
        return await workspaces.lags(self.owner, self.platform, posts)

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
        await workspaces.published(self.owner, [*many, *one], PATIENCE + count / 10)
        first = await workspaces.lags(self.owner, self.platform, one)
        return count / max(await workspaces.lags(self.owner, self.platform, many)), first[0]


async def measure(found: Surroundings, size: report.Size) -> None:
    """Start everything, then take turns."""
    report.heading("due_lag", await server_versions(found), PACKAGES, quick=size is report.Size.QUICK)
    social = platform.process(found.folder)
    ours = [parts.python(name, "-m", "app.cli", name, folder=found.folder) for name in ("worker", "scheduler")]
    with parts.running([social]):
        where = await platform.ready(social, found.folder)
        owner = await asyncpg.connect(found.database_url)
        pool = HttpPool(egress=EgressPolicy(allow=(LOOPBACK,)), connections=200, keepalive=200)
        try:
            spaces = await workspaces.filled(found, owner, where, count=WORKSPACES, connections=CONNECTIONS)
            bench = Bench(owner, spaces, where, pool)
            with parts.running(ours):
                await _race(bench, parts.ProcessorTime([social, *ours], found.database_url), size)
        finally:
            await pool.aclose()
            await owner.close()


async def _race(bench: Bench, processor: parts.ProcessorTime, size: report.Size) -> None:
    seconds, rounds, backlog = SIZES[size]
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


def main() -> None:
    """Measure and print."""
    words = "How late posts are accepted at 200 due a second, beside a plain loop."
    size = report.size(words, full="drain a backlog of 100,000 posts")
    with surroundings() as found:
        uvloop.run(measure(found, size))


if __name__ == "__main__":
    main()
