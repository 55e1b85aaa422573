"""Offer jobs whose moment has come: the scheduler's one statement.

Promise: each offered row is looked at by a worker now, or offered again after `again`. Many schedulers are safe:
gates and rows are taken with SKIP LOCKED. Tenants take turns: at most `each` rows of one tenant a call, and
tenants in the order of their gates, so that ten thousand jobs of one do not delay the one of another. Rows of
platforms and tenants that have their share of the workers stay as they are: due, and offered when there is room.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.services.gates import FOREVER

# `statement_timestamp()` is stable, so it can end an index range; `clock_timestamp()` would read on through all jobs.
OFFER = text(
    """
    WITH gates AS MATERIALIZED (
        SELECT tenant_id FROM tenant_gates WHERE next_wake_at <= statement_timestamp()
            AND tenant_id <> ALL(:skip_tenants)
        ORDER BY next_wake_at LIMIT :tenants FOR UPDATE SKIP LOCKED
    ), due AS MATERIALIZED (
        SELECT head.tenant_id, head.id FROM gates CROSS JOIN LATERAL (
            SELECT jobs.tenant_id, jobs.id FROM jobs
            WHERE jobs.tenant_id = gates.tenant_id AND jobs.wake_at <= statement_timestamp()
                AND jobs.platform <> ALL(:skip_platforms)
            ORDER BY jobs.wake_at LIMIT :each FOR UPDATE SKIP LOCKED
        ) AS head
    ), offered AS (
        UPDATE jobs SET wake_at = clock_timestamp() + :again
        FROM due WHERE jobs.tenant_id = due.tenant_id AND jobs.id = due.id
        RETURNING jobs.tenant_id, jobs.id, jobs.platform
    )
    SELECT gates.tenant_id, offered.id, offered.platform FROM gates LEFT JOIN offered USING (tenant_id)
    """
)

# A statement of its own, so that it sees the rows just moved; the gates are still locked by this transaction.
# A tenant with more rows due goes behind those that waited longer for their turn: hence never earlier than now.
RESET = text(
    """
    UPDATE tenant_gates SET next_wake_at = coalesce(
        (SELECT greatest(jobs.wake_at, clock_timestamp()) FROM jobs
         WHERE jobs.tenant_id = tenant_gates.tenant_id AND jobs.wake_at IS NOT NULL
         ORDER BY jobs.wake_at LIMIT 1),
        :forever
    ) WHERE tenant_id = ANY(:tenants)
    """
)

NEXT = text("SELECT min(next_wake_at) FROM tenant_gates")


@dataclass(frozen=True, slots=True)
class Offer:
    """One job to be looked at."""

    tenant_id: UUID
    job_id: UUID
    platform: str


@dataclass(frozen=True, slots=True)
class Skip:
    """Whose rows are left for later, because the workers hold enough of them."""

    platforms: tuple[str, ...] = ()
    tenants: tuple[UUID, ...] = ()


NOBODY = Skip()


async def offer(
    session: AsyncSession, *, tenants: int, each: int, again: timedelta, skip: Skip = NOBODY
) -> Sequence[Offer]:
    """Take due rows of up to `tenants` tenants, `each` rows at most, and move their moment on by `again`."""
    left = {"skip_platforms": list(skip.platforms), "skip_tenants": list(skip.tenants)}
    rows = (await session.execute(OFFER, {"tenants": tenants, "each": each, "again": again, **left})).all()
    opened = {row.tenant_id for row in rows}
    if opened:
        await session.execute(RESET, {"tenants": list(opened), "forever": FOREVER})
    return [Offer(row.tenant_id, row.id, row.platform) for row in rows if row.id is not None]


async def next_moment(session: AsyncSession) -> datetime:
    """When some tenant's gate opens next; `FOREVER` when nothing waits."""
    moment: datetime | None = await session.scalar(NEXT)
    return moment or FOREVER
