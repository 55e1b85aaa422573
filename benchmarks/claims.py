"""What it costs to find due jobs, at 10,000 and at 1,000,000 scheduled ones, and whether small tenants wait for big.

With `--full` the large table has 10,000,000.

* offer: the scheduler's own call (`app.actions.jobs.offer`), which goes through one gate a tenant: ten tenants with
  ten due jobs each, fewer than a call may take of one tenant, as on any day on which the workers keep up.
  Reference: the same at 10,000 rows; a ratio of 1 means that the size of the table costs nothing.
* the gate's cost: the same rows taken by one bare statement without gates and without fairness, on the same connection.
* claim: the worker's own call (`app.actions.jobs.claim`) with the events, the post's state and the attempt; each is
  one transaction.
* dead tuples: the offer after 200,000 rows of the large table were changed and not yet vacuumed, by the same before.
* fairness: how many scans a tenant's only due job waits while another tenant has a whole table of due ones.

    python -m benchmarks.claims [--quick | --full]
"""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack
from datetime import timedelta

from sqlalchemy import text

from app.actions.jobs.claim import Claim, claim
from app.actions.jobs.offer import offer
from benchmarks.measuring import parts, report
from benchmarks.measuring.due_table import DUE_EACH, TENANT_COUNT, Table, filled
from benchmarks.measuring.figures import Rounds, Spread, percentile, take_turns
from benchmarks.measuring.surroundings import migrated_database, server_versions, surroundings
from workers.scheduler import EACH, TENANTS

AGAIN = timedelta(seconds=30)
SCAN_TENANTS = 10
"""Tenants a call: 100 rows."""

SIZES = {
    report.Size.QUICK: ((1_000, 10_000), 1, 2_000),
    report.Size.USUAL: ((10_000, 1_000_000), 7, 200_000),
    report.Size.FULL: ((10_000, 10_000_000), 7, 200_000),
}
"""Scheduled jobs of the two tables, rounds, dead tuples."""

BARE = text(
    """
    UPDATE jobs SET wake_at = clock_timestamp() + :again WHERE id = ANY(ARRAY(
        SELECT id FROM jobs WHERE tenant_id = ANY(:tenants) AND wake_at <= statement_timestamp()
        ORDER BY wake_at LIMIT :limit FOR UPDATE SKIP LOCKED
    )) RETURNING tenant_id, id
    """
)


async def offers(table: Table, calls: int, *, tidy: bool = True) -> float:
    """Milliseconds of one offer of 100 rows, the median of so many."""
    await table.make_due(tidy=tidy)
    taken: list[float] = []
    for _ in range(calls):
        began = time.perf_counter()
        async with table.db.system() as session:
            found = await offer(session, tenants=SCAN_TENANTS, each=EACH, again=AGAIN)
        taken.append(1000 * (time.perf_counter() - began))
        _expect(len(found), SCAN_TENANTS * DUE_EACH)
    return Spread.of(taken).median


async def bare_offers(table: Table, calls: int) -> float:
    """Milliseconds of the bare statement over the same tenants and as many rows."""
    await table.make_due()
    taken: list[float] = []
    for number in range(calls):
        first = number * SCAN_TENANTS % TENANT_COUNT
        wanted = {"again": AGAIN, "tenants": table.tenants[first : first + SCAN_TENANTS]}
        began = time.perf_counter()
        async with table.db.system() as session:
            found = await session.execute(BARE, {**wanted, "limit": SCAN_TENANTS * DUE_EACH})
            count = len(found.all())
        taken.append(1000 * (time.perf_counter() - began))
        _expect(count, SCAN_TENANTS * DUE_EACH)
    return Spread.of(taken).median


async def claims(table: Table, calls: int) -> float:
    """Milliseconds of one claim, the median of so many."""
    await table.make_due()
    due = await table.owner.fetch(
        "SELECT tenant_id, id FROM jobs WHERE due_at < now() ORDER BY random() LIMIT $1", calls
    )
    taken: list[float] = []
    for row in due:
        began = time.perf_counter()
        async with table.db.transaction(row["tenant_id"]) as session:
            found = await claim(session, Claim(row["id"], timedelta(seconds=60), "benchmark"))
        taken.append(1000 * (time.perf_counter() - began))
        _expect(found is not None, expected=True)
    return Spread.of(taken).median


async def fairness(table: Table, scans: int) -> tuple[Spread, list[float]]:
    """Scans until a small tenant's only due job is offered, and how long a scan takes, while a big one has it all due.

    The big tenant is made of the sleeping rows of this table: all of them become due at once.
    """
    small, big = table.tenants[0], table.tenants[1]
    await table.owner.execute("SET session_replication_role = replica")
    await table.owner.execute(
        "UPDATE jobs SET tenant_id = $1, wake_at = now() - interval '1 hour', due_at = now() - interval '1 hour' "
        "WHERE due_at > now()",
        big,
    )
    await table.owner.execute("UPDATE jobs SET wake_at = now() + interval '1 day' WHERE tenant_id <> $1", big)
    await table.owner.execute("SET session_replication_role = origin")
    await table.owner.execute("UPDATE tenant_gates SET next_wake_at = '9999-12-31 00:00Z' WHERE tenant_id <> $1", big)
    await table.owner.execute(
        "UPDATE tenant_gates SET next_wake_at = now() - interval '1 hour' WHERE tenant_id = $1", big
    )
    await table.owner.execute("VACUUM (ANALYZE) jobs")
    waited: list[float] = []
    taken: list[float] = []
    for _ in range(scans):
        job = await table.owner.fetchval(
            "UPDATE jobs SET wake_at = now() "
            "WHERE id = (SELECT id FROM jobs WHERE tenant_id = $1 LIMIT 1) RETURNING id",
            small,
        )
        await table.owner.execute("UPDATE tenant_gates SET next_wake_at = now() WHERE tenant_id = $1", small)
        for scan in range(1, 1000):
            began = time.perf_counter()
            async with table.db.system() as session:
                found = await offer(session, tenants=TENANTS, each=EACH, again=AGAIN)
            taken.append(1000 * (time.perf_counter() - began))
            if job in {one.job_id for one in found}:
                waited.append(scan)
                break
    return Spread.of(waited), taken


def _expect(found: object, expected: object) -> None:
    if found != expected:
        raise RuntimeError(f"the benchmark took {found} instead of {expected}: its rows are not what it thinks")


async def measure(urls: tuple[str, str], sizes: tuple[int, int], rounds: int, dead: int) -> None:
    """Both tables in turn, and what follows."""
    async with filled(urls[0], sizes[0]) as small, filled(urls[1], sizes[1]) as large:
        calls = TENANT_COUNT // SCAN_TENANTS
        processor = parts.ProcessorTime([], urls[1])
        await offers(large, calls)
        await claims(large, 50)
        await processor.begin()
        offered = await take_turns(lambda: offers(large, calls), lambda: offers(small, calls), rounds)
        claimed = await take_turns(lambda: claims(large, 200), lambda: claims(small, 200), rounds)
        gated = await take_turns(lambda: offers(large, calls), lambda: bare_offers(large, calls), rounds)
        shares = await processor.shares()
        before = await offers(large, calls)
        await large.leave_dead(dead)
        after = await offers(large, calls, tidy=False)
        waited, taken = await fairness(small, 20)
    few, many = f"{sizes[0]:,} scheduled", f"{sizes[1]:,} scheduled"
    for name, found in (("offer of 100 rows", offered), ("one claim", claimed)):
        report.line(f"{name}, {few}", Spread.of(found.reference).words("ms", 2))
        report.line(f"{name}, {many}", Spread.of(found.ours).words("ms", 2))
    words = f"{after:.2f} ms, {before:.2f} ms before ({after / before:.2f} times)"
    report.line(f"offer, {dead:,} dead tuples", words)
    report.line("bare statement, 100 rows", Spread.of(gated.reference).words("ms", 2))
    report.line("a second tenant waits", waited.words("scans", 0))
    report.line("a scan meanwhile", f"p50 {percentile(taken, 0.5):.1f} ms, p99 {percentile(taken, 0.99):.1f} ms")
    report.line("limited by", parts.words(shares))
    _ratios(offered, claimed, gated, rounds, f"{many} by {few}")


def _ratios(offered: Rounds, claimed: Rounds, gated: Rounds, rounds: int, sizes: str) -> None:
    report.ratio("claims, offer", sizes, offered.ratio, rounds, more_is_better=False)
    report.ratio("claims, claim", sizes, claimed.ratio, rounds, more_is_better=False)
    report.ratio("claims, gate", "offer by bare statement", gated.ratio, rounds, more_is_better=False)


def main() -> None:
    """Measure and print."""
    words = "What finding due jobs costs, and whether a small tenant waits for a big one."
    size = report.size(words, full="compare with 10,000,000 scheduled jobs (some minutes, 15 GB)")
    with ExitStack() as stack:
        found = stack.enter_context(surroundings())
        other = stack.enter_context(migrated_database())
        versions = asyncio.run(server_versions(found))
        report.heading("claims", versions, ("sqlalchemy", "asyncpg"), quick=size is report.Size.QUICK)
        sizes, rounds, dead = SIZES[size]
        asyncio.run(measure((other, found.database_url), sizes, rounds, dead))


if __name__ == "__main__":
    main()
