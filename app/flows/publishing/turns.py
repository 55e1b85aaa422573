"""Whose turn it is in this worker: no platform and no workspace holds it all.

A wake-up that does not fit waits in a line without a thread, and is taken up by whoever ends next. A line that grows is
told to the schedulers, which offer others' rows meanwhile: the rest stays rows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

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
    """A job that somebody has to look at. It is read when it is its turn: what waits costs no statement."""

    tenant: UUID
    job_id: UUID
    platform: str


async def in_turn(rt: Runtime, wanted: Wanted, attend: Callable[[Wanted], Awaitable[None]]) -> None:
    """Attend to a job as soon as it fits, and to those that wait behind it."""
    keys = {PLATFORM + wanted.platform: OF_PLATFORM, f"{TENANT}{wanted.tenant}": OF_TENANT}
    turn: Turn[Wanted] | None = rt.bulkheads.enter(keys, wanted.job_id, wanted)
    if turn is None:
        metrics.BULKHEAD_WAITS.labels(platform=wanted.platform).inc()
        await _tell(rt, keys)
    until = rt.clock.boottime() + LONGEST
    while turn is not None:
        following, what = None, turn.what
        try:
            with logs.bound(tenant_id=what.tenant, job_id=what.job_id, platform=what.platform):
                await attend(what)
            following = rt.bulkheads.leave(turn, hand_on=rt.clock.boottime() < until)
        except BaseException:
            rt.bulkheads.leave(turn, hand_on=False)
            raise
        await _tell(rt, turn.keys)
        turn = following


async def _tell(rt: Runtime, keys: Keys) -> None:
    for key in keys:
        await rt.crowds.tell(key, crowded=rt.bulkheads.crowded(key))
