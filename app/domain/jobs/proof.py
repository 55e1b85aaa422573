"""Whether it is proved that nothing of a job is on its platform, told from its tries: pure, and one read.

A try after which a post may be there leaves a doubt: its answer was lost, its worker died after the intent, the
platform took it over to work on it. The doubt ends when the platform itself says so: reconcile looked and proved that
the post is absent, or a poll was told that the platform gave it up. A person's word ends no doubt. Parts are not told
apart: a try at a thread goes from part to part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.jobs.model import JobAttempt
from app.domain.jobs.states import JobEvent
from app.services.db import tenant_of

UNSENT = frozenset({JobEvent.BACK_OFF, JobEvent.PARK, JobEvent.FAIL, JobEvent.RESCUE, JobEvent.ABORT, JobEvent.BURY})
"""Ends of a publish that had no effect: refused by the platform, or stopped before the request."""
REFUTED = {
    "reconcile": frozenset({JobEvent.PROVE_ABSENT, JobEvent.BURY}),
    "poll": frozenset({JobEvent.BACK_OFF, JobEvent.FAIL}),
}
"""Ends of a look that prove that what was sent before it is not there."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What a try proves: its kind and its end."""

    job_id: UUID
    work: str
    outcome: str | None


def proved_absent(traces: Iterable[Trace]) -> bool:
    """Whether nothing of a job can be on the platform; `traces` are its tries in their order."""
    doubt = False
    for trace in traces:
        if trace.work == "publish":
            doubt = doubt or trace.outcome not in UNSENT
        elif trace.outcome in REFUTED.get(trace.work, ()):
            doubt = False
    return not doubt


async def traces_of(session: AsyncSession, keys: Sequence[UUID]) -> Sequence[Trace]:
    """The tries of jobs in order, without what was said to the platform."""
    columns = (JobAttempt.job_id, JobAttempt.work, JobAttempt.outcome)
    mine = (JobAttempt.tenant_id == tenant_of(session), JobAttempt.job_id.in_(keys))
    rows = await session.execute(select(*columns).where(*mine).order_by(JobAttempt.job_id, JobAttempt.fence))
    return [Trace(*row) for row in rows.all()]
