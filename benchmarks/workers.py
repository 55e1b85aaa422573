"""Two worker processes beside one, on a platform that is slow; and the memory of a worker over many jobs.

The platform takes half a second for each post, so that a worker waits nearly all the time and its threads are what
limits it. Two workers should publish twice as many. The reference is one worker in the same run.

The memory is read after the first fifth of all posts and at the end (100,000 posts with `--full`): what a worker keeps
of a post for ever would show.

    python -m benchmarks.workers [--quick | --full]
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import uvloop

from app.boot.group import Child
from benchmarks.measuring import parts, platform, report, rows, workspaces
from benchmarks.measuring.figures import Spread, take_turns
from benchmarks.measuring.platform import Platform
from benchmarks.measuring.surroundings import Surroundings, server_versions, surroundings
from benchmarks.measuring.workspaces import Workspace

PACKAGES = ("dramatiq", "sqlalchemy", "asyncpg", "httpx2")
CONNECTIONS = 200
SLOW = 0.5
"""Seconds that the platform takes for a post."""
AHEAD = timedelta(seconds=1)
PATIENCE = 7200.0
SIZES = {
    report.Size.QUICK: (16, 1, 20),
    report.Size.USUAL: (200, 5, 5_000),
    report.Size.FULL: (200, 5, 100_000),
}
"""Posts a round, rounds, posts for the memory."""
WARM = 16
"""Posts that go out before a round counts."""
MEGABYTE = 2**20


@dataclass(slots=True)
class Bench:
    """What every round needs."""

    owner: asyncpg.Connection
    workspace: Workspace
    platform: Platform

    async def drained(self, count: int) -> float:
        """Posts a second, from the first acceptance to the last."""
        one, due = self.workspace, datetime.now(UTC) + AHEAD
        posts: list[UUID] = await rows.posts(self.owner, one.tenant, count, one.targets, start=due, every=0, jobs=1)
        await workspaces.published(self.owner, posts, PATIENCE)
        late = sorted(await workspaces.lags(self.owner, self.platform, posts))
        return (count - 1) / (late[-1] - late[0])


async def measure(found: Surroundings, size: report.Size) -> None:
    """First the memory on a platform that answers at once, then the race on a slow one."""
    report.heading("workers", await server_versions(found), PACKAGES, quick=size is report.Size.QUICK)
    posts, rounds, many = SIZES[size]
    social = platform.process(found.folder)
    with parts.running([social]):
        where = await platform.ready(social, found.folder, 0.0)
        owner = await asyncpg.connect(found.database_url)
        try:
            spaces = await workspaces.filled(found, owner, where, count=1, connections=CONNECTIONS)
            bench = Bench(owner, spaces[0], where)
            ours = [parts.python(name, "-m", "app.cli", name, folder=found.folder) for name in ("worker", "scheduler")]
            with parts.running(ours):
                await _memory(bench, ours[0], many)
                await where.take(SLOW)
                race = await take_turns(lambda: _two(bench, found, posts), lambda: bench.drained(posts), rounds)
        finally:
            await owner.close()
    report.line("one worker", Spread.of(race.reference).words("posts/s"))
    report.line("two workers", Spread.of(race.ours).words("posts/s"))
    report.ratio("workers", "posts/s of two workers by one", race.ratio, rounds, more_is_better=True)


async def _two(bench: Bench, found: Surroundings, posts: int) -> float:
    with parts.running([parts.python("second", "-m", "app.cli", "worker", folder=found.folder)]):
        await bench.drained(WARM)  # it has started
        return await bench.drained(posts)


async def _memory(bench: Bench, worker: Child, posts: int) -> None:
    await bench.drained(max(2, posts // 5))
    early = parts.memory(worker) / MEGABYTE
    await bench.drained(posts - posts // 5)
    late = parts.memory(worker) / MEGABYTE
    words = f"{early:.0f} MiB after {posts // 5:,} posts, {late:.0f} MiB after {posts:,} ({late / early:.2f} times)"
    report.line("memory of a worker", words)


def main() -> None:
    """Measure and print."""
    words = "Two workers beside one on a slow platform, and the memory of a worker."
    size = report.size(words, full="read the memory over 100,000 posts")
    with surroundings() as found:
        uvloop.run(measure(found, size))


if __name__ == "__main__":
    main()
