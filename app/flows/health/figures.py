"""Figures of health: connections, the tries on each platform, what is left of its allowances. Counted from the rows.

A workspace sees its own; without one they are those of the installation. They cost more than a look at the parts, so
that they are read only where somebody asks for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.connections.model import Connection
from app.domain.connections.statistics import Census, census
from app.domain.jobs.allowances import Allowance, AppAllowance
from app.domain.jobs.outcomes import Lately, outcomes
from app.domain.jobs.quotas import spent_at
from app.flows.runtime import Runtime
from connectors.quotas import QuotaCount, QuotaRule, QuotaScope


@dataclass(frozen=True, slots=True)
class AllowanceLeft:
    """What is left of one allowance: the application's, or that of the account that has least of it."""

    name: str
    most: int
    used: int
    connection_id: UUID | None = None
    """The account; None where it is the application's, or where no account has used any of it."""

    @property
    def left(self) -> int:
        """Units that are free."""
        return max(0, self.most - self.used)


@dataclass(frozen=True, slots=True)
class Figures:
    """What was counted."""

    connections: Census
    platforms: Mapping[str, Lately]
    allowances: Mapping[str, Sequence[AllowanceLeft]] = field(default_factory=dict)
    """By platform; of a workspace only."""

    def lately(self, platform: str) -> Lately:
        """The tries on a platform; none where there were none."""
        return self.platforms.get(platform, Lately())


async def read_figures(rt: Runtime, tenant: UUID | None) -> Figures:
    """Count, for one workspace or for all of them together."""
    if tenant is None:
        async with rt.db.system() as session:
            return Figures(await census(session, None), await outcomes(session, None))
    async with rt.db.read(tenant) as session:
        return Figures(
            await census(session, tenant), await outcomes(session, tenant), await _allowances(session, rt, tenant)
        )


async def _allowances(session: AsyncSession, rt: Runtime, tenant: UUID) -> dict[str, Sequence[AllowanceLeft]]:
    now = rt.clock.now()
    mine = (Connection.tenant_id == Allowance.tenant_id) & (Connection.id == Allowance.connection_id)
    query = select(Connection.platform, Allowance).join(Connection, mine).where(Allowance.tenant_id == tenant)
    lines: dict[tuple[str, str, QuotaScope], list[Allowance | AppAllowance]] = {}
    for platform, line in (await session.execute(query)).all():
        lines.setdefault((platform, line.name, QuotaScope.ACCOUNT), []).append(line)
    for shared in await session.scalars(select(AppAllowance)):
        lines[shared.platform, shared.name, QuotaScope.APPLICATION] = [shared]
    return {
        one.capabilities.key: [
            _least(rule, lines.get((one.capabilities.key, rule.name, rule.scope), ()), now)
            for rule in one.capabilities.quotas
            if rule.counts is not QuotaCount.CALLS
        ]
        for one in rt.catalog.all()
    }


def _least(rule: QuotaRule, lines: Sequence[Allowance | AppAllowance], now: datetime) -> AllowanceLeft:
    """Of these lines, the one with the least left; all of it where nothing was used."""
    found = [
        AllowanceLeft(
            rule.name,
            rule.max if line.told_most is None else line.told_most,
            spent_at(line.spent, now),
            line.connection_id if isinstance(line, Allowance) else None,
        )
        for line in lines
    ]
    return min(found, key=lambda one: one.left, default=AllowanceLeft(rule.name, rule.max, 0))
