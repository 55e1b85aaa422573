"""What a platform says of its limits by the way, and what follows: pauses for all workers, figures for the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.actions.jobs.override import override
from app.domain.jobs.model import Job
from app.flows.limits.pace import of_account, of_application
from app.flows.runtime import Runtime
from connectors.budgets import Spent, spent
from connectors.contract import Access
from connectors.quotas import QuotaFigure

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Told:
    """What was said during one try and not acted upon yet."""

    figures: list[QuotaFigure] = field(default_factory=list)
    budgets: list[Spent] = field(default_factory=list)

    def heed(self, headers: Mapping[str, str], effect: bool, *, now: datetime) -> None:  # noqa: FBT001 -- called by the transport
        """Take the headers of an answer."""
        found = spent(headers, now, effect=effect)
        if found is not None:
            self.budgets.append(found)


async def act_on(rt: Runtime, tenant: UUID, job: Job, access: Access | None, told: Told) -> None:
    """Share what was said with all workers. It must not decide over the try: what fails is logged."""
    if access is not None:
        while told.budgets:
            one = told.budgets.pop()
            own = of_application(job.platform, access.account.server) if one.shared else of_account(job.connection_id)
            await rt.limiter.hold(own, one.wait)
    while told.figures:
        figure = told.figures.pop()
        try:
            async with rt.db.transaction(tenant) as session:
                await override(session, job, rt.quotas(job.platform), figure)
        except (DBAPIError, PoolTimeout, OSError) as error:
            log.warning("allowance.not_kept", platform=job.platform, name=figure.name, error=type(error).__name__)
