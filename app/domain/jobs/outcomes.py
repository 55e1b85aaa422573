"""How tries went on each platform: counted from the tries' own rows, over the last hour and the last day.

    succeeded  tries that ended with the post out there
    failed     tries that ended with a fault: refused, lost, put off; the class is the fault's kind
    seconds    from the claim of a job to the platform's acceptance, uploads included

What is not decided counts in neither: a try that a platform still works on, one that somebody cancelled. A post that
is found after a lost answer was a failed try (`no_answer`) and is out all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Float, and_, cast, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.jobs.model import Job, JobAttempt
from app.domain.jobs.states import JobEvent

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The tries on one platform within one time."""

    succeeded: int = 0
    failed: int = 0
    p50: float | None = None
    """Seconds that half of the accepted tries took at most; None where there were none."""
    p95: float | None = None
    faults: Mapping[str, int] = field(default_factory=dict)
    """How many failed, by the kind of fault."""

    @property
    def rate(self) -> float | None:
        """The share that succeeded; None where nothing was decided."""
        decided = self.succeeded + self.failed
        return self.succeeded / decided if decided else None


@dataclass(frozen=True, slots=True)
class Lately:
    """The tries on one platform."""

    hour: Outcomes = field(default=Outcomes())
    day: Outcomes = field(default=Outcomes())


async def outcomes(session: AsyncSession, tenant: UUID | None) -> dict[str, Lately]:
    """By platform; of one workspace, or (in a system session) of all. Platforms without a try are left out."""
    now = func.statement_timestamp()
    recent = JobAttempt.started_at > now - HOUR
    mine = [JobAttempt.started_at > now - DAY, JobAttempt.ended_at.is_not(None)]
    mine += [] if tenant is None else [JobAttempt.tenant_id == tenant]
    # One bounded read for each try: a plain join reads every job there is where it looks cheaper.
    its = (Job.tenant_id == JobAttempt.tenant_id, Job.id == JobAttempt.job_id)
    job = select(Job.platform).where(*its).limit(1).lateral("job")
    good, bad = JobAttempt.outcome == JobEvent.PUBLISH, JobAttempt.fault_kind.is_not(None)
    accepted = and_(
        JobAttempt.work == "publish",
        JobAttempt.fault_kind.is_(None),
        JobAttempt.outcome.in_((JobEvent.PUBLISH, JobEvent.ACCEPT)),
    )
    took = cast(func.extract("epoch", JobAttempt.ended_at - JobAttempt.started_at), Float)
    figures = []
    for within in (recent, true()):
        figures += [func.count().filter(good, within), func.count().filter(bad, within)]
        figures += [func.percentile_cont(share).within_group(took).filter(accepted, within) for share in (0.5, 0.95)]
    counted = (
        select(job.c.platform, *figures).select_from(JobAttempt).join(job, true()).where(*mine).group_by(job.c.platform)
    )
    kinds = (
        select(job.c.platform, JobAttempt.fault_kind, func.count().filter(recent), func.count())
        .select_from(JobAttempt)
        .join(job, true())
        .where(*mine, bad)
        .group_by(job.c.platform, JobAttempt.fault_kind)
    )
    faults: dict[str, tuple[dict[str, int], dict[str, int]]] = {}
    for platform, kind, lately, all_day in (await session.execute(kinds)).all():
        hour, day = faults.setdefault(platform, ({}, {}))
        day[str(kind)] = all_day
        if lately:
            hour[str(kind)] = lately
    found = {}
    for row in (await session.execute(counted)).all():
        hour, day = faults.get(row[0], ({}, {}))
        found[row[0]] = Lately(_of(row[1:5], hour), _of(row[5:9], day))
    return found


def _of(counted: Sequence[Any], faults: Mapping[str, int]) -> Outcomes:
    succeeded, failed, p50, p95 = counted
    return Outcomes(succeeded, failed, p50, p95, faults)
