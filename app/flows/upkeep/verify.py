"""Verify the invariants of publishing on the rows as they are: read-only, bounded, safe beside running workers.

One tenant after the other is looked at in a snapshot of its own (REPEATABLE READ, READ ONLY), behind its own fence of
row-level security, so that a snapshot is short. Each statement has a time limit; one that reaches it is reported as not
finished, and never as passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Uuid, column, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.tenants.model import Tenant
from app.flows.upkeep.invariants import INVARIANTS, Invariant
from app.services.db import Database, tenant_of

SHOWN = 10
"""Ids that a finding shows; the count is of all."""
PATIENCE = timedelta(seconds=25)
"""How long one statement may take: less than the pools give any statement."""
PAGE = 500
"""Tenants that are read at once."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One invariant that does not hold, or could not be looked at, in one tenant."""

    invariant: Invariant
    tenant_id: UUID
    count: int
    ids: tuple[UUID, ...] = ()
    """Some of what breaks it."""
    finished: bool = True
    """False: the statement took too long, and nothing is known."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was looked at, and what was found."""

    tenants: int
    findings: Sequence[Finding]

    @property
    def holds(self) -> bool:
        """Whether every invariant was looked at in every tenant, and holds."""
        return not self.findings


async def verify(db: Database, *, patience: timedelta = PATIENCE, only: UUID | None = None) -> Report:
    """Look at every tenant, or at one."""
    findings: list[Finding] = []
    count, after = 0, UUID(int=0)
    while tenants := [only] if only is not None else await _tenants(db, after):
        for tenant in tenants:
            findings += await verify_tenant(db, tenant, patience=patience)
        count, after = count + len(tenants), tenants[-1]
        if only is not None:
            break
    return Report(count, findings)


async def verify_tenant(db: Database, tenant: UUID, *, patience: timedelta = PATIENCE) -> list[Finding]:
    """What does not hold in one tenant."""
    late = []
    async with db.snapshot(tenant, read_only=True) as session:
        limit = f"{max(1, int(patience.total_seconds() * 1000))}ms"
        await session.execute(text("SELECT set_config('statement_timeout', :limit, true)"), {"limit": limit})
        found = []
        for invariant in INVARIANTS:
            try:
                async with session.begin_nested():
                    finding = await _look(session, invariant)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) != "57014":  # query_canceled
                    raise
                late.append(Finding(invariant, tenant, 0, finished=False))
                continue
            if finding is not None:
                found.append(finding)
    return found + late


async def _look(session: AsyncSession, invariant: Invariant) -> Finding | None:
    found = text(invariant.broken).columns(column("id", Uuid)).subquery("broken")
    query = select(found.c.id, func.count().over().label("number")).order_by(found.c.id).limit(SHOWN)
    rows = (await session.execute(query, {"tenant": tenant_of(session)})).all()
    if not rows:
        return None
    return Finding(invariant, tenant_of(session), rows[0].number, tuple(row.id for row in rows))


async def _tenants(db: Database, after: UUID) -> Sequence[UUID]:
    async with db.system() as session:
        query = select(Tenant.id).where(Tenant.id > after).order_by(Tenant.id).limit(PAGE)
        return (await session.scalars(query)).all()
