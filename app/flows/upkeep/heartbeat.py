"""The dead-man switch: a sign of life to somebody outside, given only while posts go out.

A monitor that is not ours expects a request every so often. It is sent while publishing works: something was claimed
lately, or nothing is due. When jobs have been due for longer than `POSTD_STALL_AFTER` and no worker has claimed any in
that time, the sign stays away, `health` says why, a metric and an error in the log tell it. A scheduler that is dead
or cannot reach the database sends nothing either: silence is the alarm.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.jobs.model import JobAttempt
from app.domain.jobs.statistics import waiting_since
from app.flows.runtime import Runtime
from app.kernel import metrics
from app.kernel.timing import Timing
from connectors.faults import PlatformFault

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Stall:
    """Jobs are due and nobody claims any: the evidence."""

    waiting_since: datetime
    last_claim: datetime | None

    @property
    def message(self) -> str:
        """For people."""
        claim = (
            "none is known" if self.last_claim is None else f"the last one was at {self.last_claim:%Y-%m-%d %H:%M:%S}"
        )
        since = f"{self.waiting_since:%Y-%m-%d %H:%M:%S} UTC"
        return f"A job could have gone out since {since}, and no worker claims any ({claim}): look at the workers."


async def stall(session: AsyncSession, now: datetime, timing: Timing) -> Stall | None:
    """Whether publishing stands still, in a system session; None while it works or nothing is due."""
    patience = timedelta(seconds=timing.stall_after)
    oldest = await waiting_since(session, offered_for=timedelta(seconds=timing.offer_again))
    if oldest is None or now - oldest <= patience:
        return None
    claims = select(JobAttempt.started_at).where(JobAttempt.work == "publish")
    last = await session.scalar(claims.order_by(JobAttempt.started_at.desc()).limit(1))
    return Stall(oldest, last) if last is None or now - last > patience else None


async def beat(rt: Runtime) -> bool:
    """Look once, and give the sign of life if there is something to say; whether publishing works."""
    async with rt.db.system() as session:
        found = await stall(session, rt.clock.now(), rt.settings.timing)
    metrics.STALLED.set(found is not None)
    if found is not None:
        metrics.HEARTBEATS.labels(outcome="withheld").inc()
        log.error("publishing.stalled", waiting_since=found.waiting_since, last_claim=found.last_claim)
        return False
    if rt.settings.heartbeat_url is not None:
        await _send(rt, rt.settings.heartbeat_url.get_secret_value())
    return True


async def _send(rt: Runtime, url: str) -> None:
    try:
        answer = await rt.connector_context("heartbeat").http.send("GET", url, timeout=10, follow=3)
    except PlatformFault as error:
        metrics.HEARTBEATS.labels(outcome="failed").inc()
        log.warning("heartbeat.not_sent", fault=error.fault.kind, reason=error.fault.message)
        return
    metrics.HEARTBEATS.labels(outcome="sent" if answer.ok else "failed").inc()
    if not answer.ok:
        log.warning("heartbeat.refused", status=answer.status)
