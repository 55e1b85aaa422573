"""A database with a few due jobs of many tenants among a great many that are planned for later."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from app.services.db import Database
from benchmarks.measuring import rows

TENANT_COUNT = 100
DUE_EACH = 10
"""Due jobs of each tenant, each on a connection of its own."""

# Rows that sleep are never touched: they need no posts, so the foreign keys are not checked while they are written.
SLEEPING = """
    INSERT INTO jobs (id, tenant_id, post_id, connection_id, platform, content, state, parts, due_at, ready_at, wake_at,
                      publish_by, max_attempts)
    SELECT uuidv7(), ($1::uuid[])[n % cardinality($1) + 1], gen_random_uuid(), ($2::uuid[])[n % cardinality($2) + 1],
           'mastodon', $3::jsonb, 'scheduled', 1, at, at, at, at + interval '6 hours', 8
    FROM (SELECT n, now() + interval '1 hour' + n * interval '2 seconds' AS at FROM generate_series(1, $4::int) AS n)
    AS planned
"""


@dataclass(slots=True)
class Table:
    """One database with its size of table."""

    db: Database
    owner: asyncpg.Connection
    tenants: list[UUID]
    connections: list[UUID]
    scheduled: int

    async def make_due(self, *, tidy: bool = True) -> None:
        """Put the due jobs back to where they were: due, and nobody's; and vacuum, where it is to be tidy."""
        await self.owner.execute("DELETE FROM job_attempts")
        await self.owner.execute(
            "UPDATE jobs SET state = 'scheduled', step = NULL, lease_until = NULL, wake_at = due_at, fence = 0, "
            "attempts = 0 WHERE due_at < now() AND (state <> 'scheduled' OR wake_at <> due_at)"
        )
        await self.owner.execute(
            "UPDATE tenant_gates SET next_wake_at = head.at FROM (SELECT tenant_id, min(wake_at) AS at FROM jobs "
            "WHERE due_at < now() GROUP BY 1) AS head WHERE head.tenant_id = tenant_gates.tenant_id"
        )
        if tidy:
            await self.owner.execute("VACUUM (ANALYZE) jobs")
            await self.owner.execute("VACUUM (ANALYZE) tenant_gates")

    async def leave_dead(self, count: int) -> None:
        """Leave so many dead versions of due rows behind, as many claims do before a vacuum comes."""
        await self.owner.execute("ALTER TABLE jobs SET (autovacuum_enabled = false)")
        for _ in range(count // (TENANT_COUNT * DUE_EACH)):
            await self.owner.execute(
                "UPDATE jobs SET wake_at = wake_at + interval '1 microsecond' WHERE due_at < now()"
            )


@asynccontextmanager
async def filled(url: str, scheduled: int) -> AsyncIterator[Table]:
    """A database with so many jobs for later, and ten due ones of each of 100 tenants."""
    db, owner = Database(url, name="benchmark", size=4), await asyncpg.connect(url, command_timeout=None)
    try:
        tenants = [(await rows.caller(db, f"tenant-{number}")).tenant for number in range(TENANT_COUNT)]
        targets: list[UUID] = []
        start = datetime.now(UTC) - timedelta(minutes=10)
        for tenant in tenants:
            mine = await rows.connections(owner, tenant, DUE_EACH)
            targets += mine
            await rows.posts(owner, tenant, DUE_EACH, mine, start=start, every=1, jobs=1)
        await owner.execute("SET session_replication_role = replica")
        await owner.execute(SLEEPING, tenants, targets, rows.CONTENT, scheduled)
        await owner.execute("SET session_replication_role = origin")
        yield Table(db, owner, tenants, targets, scheduled)
    finally:
        await owner.close()
        await db.close()
