"""Set the gauges that follow from rows: what is due or unknown, what waits, how accounts are, who is left alone."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from sqlalchemy import func, select

from app.domain.breakers.queries import standing
from app.domain.connections.statistics import census
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobState, ParkReason
from app.domain.jobs.statistics import oldest_due
from app.flows.health.parts import look
from app.flows.runtime import Runtime
from app.flows.upkeep import punctuality
from app.kernel import metrics

GAUGES = {JobState.UNKNOWN: metrics.UNKNOWN, JobState.NEEDS_REVIEW: metrics.NEEDS_REVIEW}


async def measure(rt: Runtime) -> None:
    """Look at the whole installation once. Its parts are looked at too, so that what changes is noted unobserved."""
    await look(rt)
    await punctuality.count(rt)
    await punctuality.publish_gauges(rt)
    again = timedelta(seconds=rt.settings.timing.offer_again)
    counted = (
        select(Job.platform, Job.state, func.count()).where(Job.state.in_(GAUGES)).group_by(Job.platform, Job.state)
    )
    waiting = (
        select(Job.platform, Job.park_reason, func.count())
        .where(Job.state == JobState.PARKED)
        .group_by(Job.platform, Job.park_reason)
    )
    async with rt.db.system() as session:
        parked = {(platform, reason): count for platform, reason, count in (await session.execute(waiting)).all()}
        breakers = Counter(breaker.platform for breaker in await standing(session))
        oldest = await oldest_due(session, None, offered_for=again)
        rows = (await session.execute(counted)).all()
        accounts = await census(session, None)
    for of_state, count in accounts.by_state.items():
        metrics.CONNECTIONS.labels(state=of_state).set(count)
    metrics.EXPIRING.labels(window="24h").set(accounts.expiring_day)
    metrics.EXPIRING.labels(window="7d").set(accounts.expiring_week)
    metrics.OLDEST_DUE.set(0 if oldest is None else (rt.clock.now() - oldest).total_seconds())
    for state, gauge in GAUGES.items():
        found = {platform: count for platform, which, count in rows if which is state}
        for connector in rt.catalog.all():
            key = connector.capabilities.key
            gauge.labels(platform=key).set(found.get(key, 0))
    for connector in rt.catalog.all():
        key = connector.capabilities.key
        metrics.BREAKERS.labels(platform=key).set(breakers[key])
        for reason in ParkReason:
            metrics.PARKED.labels(platform=key, reason=reason).set(parked.get((key, reason), 0))
