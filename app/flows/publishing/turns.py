"""Whose turn it is in this worker: no platform and no workspace holds it all.

A wake-up that does not fit waits in a line without a thread, and is taken up by whoever ends next. A line that grows is
told to the schedulers, which offer others' rows meanwhile: the rest stays rows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from app.domain.connections.model import Connection
from app.domain.jobs.model import Job
from app.flows.runtime import Runtime
from app.kernel import logs, metrics
from app.services.bulkheads import Keys, Turn

LONGEST = 60.0
"""Seconds for which one wake-up takes up others; then its thread takes the next message."""
PLATFORM, TENANT = "platform:", "tenant:"
"""What keys of bulkheads begin with."""


OF_PLATFORM, OF_TENANT = 2, 7
"""Shares: one platform comes to two thirds of a worker, one workspace with all its platforms to seven eighths."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A job that somebody has to look at, as it was read."""

    tenant: UUID
    job: Job
    connection: Connection


def enter(rt: Runtime, wanted: Wanted) -> Turn[Wanted] | None:
    """Take a place for a job, or let it stand in the line: then `in_turn` of somebody else attends to it."""
    turn: Turn[Wanted] | None = rt.bulkheads.enter(_keys(wanted), wanted.job.id, wanted)
    if turn is None:
        metrics.BULKHEAD_WAITS.labels(platform=wanted.job.platform).inc()
    return turn


async def stand(rt: Runtime, wanted: Wanted) -> None:
    """Tell of a job that found no place."""
    await _tell(rt, _keys(wanted))


def leave(rt: Runtime, turn: Turn[Wanted] | None) -> None:
    """Give a place back that could not be used."""
    if turn is not None:
        rt.bulkheads.leave(turn, hand_on=False)


async def in_turn(rt: Runtime, turn: Turn[Wanted] | None, attend: Callable[[Wanted], Awaitable[None]]) -> None:
    """Attend to a job that has its place, and to those that wait behind it."""
    until = rt.clock.boottime() + LONGEST
    while turn is not None:
        following = None
        try:
            with logs.bound(
                tenant_id=turn.what.tenant,
                job_id=turn.what.job.id,
                connection_id=turn.what.connection.id,
                platform=turn.what.job.platform,
            ):
                await attend(turn.what)
            following = rt.bulkheads.leave(turn, hand_on=rt.clock.boottime() < until)
        except BaseException:
            rt.bulkheads.leave(turn, hand_on=False)
            raise
        await _tell(rt, turn.keys)
        turn = following


def _keys(wanted: Wanted) -> Keys:
    return {PLATFORM + wanted.job.platform: OF_PLATFORM, f"{TENANT}{wanted.tenant}": OF_TENANT}


async def _tell(rt: Runtime, keys: Keys) -> None:
    for key in keys:
        await rt.crowds.tell(key, crowded=rt.bulkheads.crowded(key))
