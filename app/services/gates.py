"""One gate a tenant: the earliest moment at which somebody must look at one of its jobs.

The gate keeps the scheduler fair and cheap: it asks few gates instead of millions of jobs. The invariant is
`gate <= min(wake_at)`: whoever moves a `wake_at` to an *earlier* moment lowers the gate in the same transaction,
unconditionally and under the gate's row lock. A conditional update would look at an old version of the gate
while the scheduler rewrites it, and the job would be overlooked.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.services import direct
from app.services.db import before_commit, tenant_of
from app.services.tables import Table, of_tenant

FOREVER = datetime(9999, 12, 31, tzinfo=UTC)
"""The gate of a tenant with nothing to do."""

LOWER = "UPDATE tenant_gates SET next_wake_at = least(next_wake_at, $2) WHERE tenant_id = $1"


class Gate(Table):
    """When the scheduler next has to look at a tenant; `FOREVER` while nothing waits."""

    __tablename__ = "tenant_gates"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    next_wake_at: Mapped[datetime]

    __table_args__ = (of_tenant(), Index("ix_tenant_gates_next_wake_at", "next_wake_at"))


def lower(session: AsyncSession, wake_at: datetime) -> None:
    """Make sure that the scheduler looks at this tenant by `wake_at`. Written as the transaction ends."""
    earliest: datetime | None = session.info.get("gate")
    session.info["gate"] = wake_at if earliest is None else min(earliest, wake_at)
    before_commit(session, "gate", _write)


async def _write(session: AsyncSession) -> None:
    await direct.rows(session, LOWER, tenant_of(session), session.info.pop("gate"))
