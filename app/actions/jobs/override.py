"""Let a platform's own figures override what was counted here of an allowance.

Promise: afterwards the ledger's line adds up to what the platform says was used, and what the asking job has reserved
and not sent yet. The platform's own total takes the place of the declared one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.transition import now
from app.domain.jobs.allowances import Allowance
from app.domain.jobs.model import Job
from app.domain.jobs.quotas import corrected, until
from connectors.quotas import QuotaFigure, QuotaRule


async def override(session: AsyncSession, job: Job, rules: Sequence[QuotaRule], figure: QuotaFigure) -> None:
    """Correct the line of the job's account; nothing where it has none, because nothing was reserved."""
    rule = next((one for one in rules if one.name == figure.name), None)
    mine = (
        Allowance.tenant_id == job.tenant_id,
        Allowance.connection_id == job.connection_id,
        Allowance.name == figure.name,
    )
    found = (await session.execute(select(Allowance, now()).where(*mine).with_for_update())).one_or_none()
    if rule is None or found is None:
        return
    line, at = found
    own = sum(use["each"][0] for use in _uses(job, figure.name))
    spent = corrected(line.spent, figure.used + own, until(rule, at), at)
    if (spent, figure.max) == (line.spent, line.told_most):
        return
    values = {"spent": spent, "told_most": figure.max, "updated_at": now()}
    await session.execute(update(Allowance).where(*mine).values(values).execution_options(synchronize_session=False))


def _uses(job: Job, name: str) -> list[dict[str, Any]]:
    return [use for use in (job.reserved or {}).get("uses", ()) if use["name"] == name and use["each"]]
