"""Let the jobs out that waited for a platform, gently: spread over a time that grows with their number.

Promise: a platform that has just come back is not met by everything that waited at one moment. Only the moment of the
next look moves; each job is released by the worker that looks, within its own workspace. Runs in the system's
transaction, over all workspaces, in lock order: jobs, then gates.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

LET_OUT = text(
    """
    WITH waiting AS MATERIALIZED (
        SELECT tenant_id, id, count(*) OVER () AS every FROM jobs
        WHERE platform = :platform AND state = 'parked' AND park_reason = 'breaker'
    ), moved AS (
        UPDATE jobs SET wake_at = least(
            jobs.wake_at,
            clock_timestamp() + make_interval(secs => random() * greatest(:least, waiting.every / :each_second))
        )
        FROM waiting
        WHERE jobs.tenant_id = waiting.tenant_id AND jobs.id = waiting.id AND jobs.state = 'parked'
        RETURNING jobs.tenant_id, jobs.wake_at
    ), earliest AS (
        SELECT tenant_id, min(wake_at) AS wake_at FROM moved GROUP BY tenant_id ORDER BY tenant_id
    ), opened AS (
        UPDATE tenant_gates SET next_wake_at = least(next_wake_at, earliest.wake_at)
        FROM earliest WHERE tenant_gates.tenant_id = earliest.tenant_id
    )
    SELECT count(*) FROM moved
    """
)


async def let_out(session: AsyncSession, platform: str, *, least: float, each_second: float) -> int:
    """Spread the looks at waiting jobs over at least `least` seconds, about `each_second` a second; gives how many."""
    values = {"platform": platform, "least": least, "each_second": each_second}
    return int(await session.scalar(LET_OUT, values) or 0)
