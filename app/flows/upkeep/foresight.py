"""Set the gauges of readiness: how many of the next jobs of all workspaces go out as things stand.

Workspaces are looked at one after the other, each behind its own fence, so that many of them cost time and no burst.
A workspace's jobs beyond those that an outlook looks at are not counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from app.flows.health.readiness.due import SOON, outlook
from app.flows.health.readiness.model import Verdict
from app.flows.runtime import Runtime
from app.kernel import metrics
from app.services.gates import Gate


async def foretell(rt: Runtime) -> None:
    """Look at every workspace that has something to do soon, once."""
    counts: Counter[Verdict] = Counter()
    for tenant in await _busy(rt):
        counts.update((await outlook(rt, tenant)).counts)
    for verdict in Verdict:
        metrics.READINESS.labels(verdict=verdict).set(counts[verdict])


async def _busy(rt: Runtime) -> Sequence[UUID]:
    """The workspaces whose next moment is near."""
    async with rt.db.system() as session:
        near = select(Gate.tenant_id).where(Gate.next_wake_at < rt.clock.now() + SOON)
        return (await session.scalars(near.order_by(Gate.tenant_id))).all()
