"""Set the gauges that follow from rows: what is due, what is unknown, what waits for a person."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from app.domain.jobs.model import Job
from app.domain.jobs.states import JobState
from app.domain.jobs.statistics import oldest_due
from app.flows.runtime import Runtime
from app.flows.upkeep.punctuality import count, publish_gauges
from app.kernel import metrics

GAUGES = {JobState.UNKNOWN: metrics.UNKNOWN, JobState.NEEDS_REVIEW: metrics.NEEDS_REVIEW}


async def measure(rt: Runtime) -> None:
    """Look at the whole installation once."""
    await count(rt)
    await publish_gauges(rt)
    again = timedelta(seconds=rt.settings.timing.offer_again)
    counted = (
        select(Job.platform, Job.state, func.count()).where(Job.state.in_(GAUGES)).group_by(Job.platform, Job.state)
    )
    async with rt.db.system() as session:
        oldest = await oldest_due(session, None, offered_for=again)
        rows = (await session.execute(counted)).all()
    metrics.OLDEST_DUE.set(0 if oldest is None else (rt.clock.now() - oldest).total_seconds())
    for state, gauge in GAUGES.items():
        found = {platform: count for platform, which, count in rows if which is state}
        for connector in rt.catalog.all():
            key = connector.capabilities.key
            gauge.labels(platform=key).set(found.get(key, 0))
