"""What follows from the outcome of a try: pure, one decision table.

Two questions decide: could there be an effect on the platform? Who can mend the fault? A fault that is proved to
have had no effect may be tried again; an outcome that is not known is never tried again before reconcile has looked.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from app.domain.jobs.faults import stored
from app.domain.jobs.states import JobEvent, ParkReason
from app.kernel.timing import Timing
from connectors.contract import Failed, Outcome, Pending, Published, Unknown
from connectors.faults import Effect, Fault, FaultKind

K = FaultKind

NEEDS_USER = frozenset({K.AUTH_EXPIRED, K.PERMISSION_MISSING, K.ACCOUNT_GONE})
"""The account must be reconnected: the job is parked and uses no attempt."""
NEEDS_TIME = frozenset({K.RATE_LIMITED, K.QUOTA_EXHAUSTED})
"""The platform asks for a pause, or an allowance is used up: the job waits and uses no attempt."""
TRANSIENT = frozenset({K.UNREACHABLE, K.NO_ANSWER, K.PLATFORM_DOWN, K.UNEXPECTED_ANSWER})
"""Worth another try, with growing pauses."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One event for the state machine, with what goes into the row."""

    event: JobEvent
    wait: timedelta | None = None
    """Until the row is looked at again; None in final states and where the verb knows better."""
    fault: dict[str, Any] | None = None
    counts: bool = True
    """Whether the try counts as an attempt."""
    park: ParkReason | None = None


def judge(outcome: Outcome, *, attempts: int, max_attempts: int, last_part: bool, timing: Timing) -> Verdict:
    """Decide what follows from the outcome of a publish or a poll."""
    match outcome:
        case Published():
            return Verdict(JobEvent.PUBLISH if last_part else JobEvent.PUBLISH_PART)
        case Pending(poll_after=wait):
            return Verdict(JobEvent.ACCEPT, wait=wait)
        case Unknown(fault=fault):
            return _unknown(fault, timing)
        case Failed(fault=fault):
            return judge_fault(fault, attempts=attempts, max_attempts=max_attempts, timing=timing)


def judge_fault(fault: Fault, *, attempts: int, max_attempts: int, timing: Timing) -> Verdict:
    """Decide what follows from a fault, in whichever step it came."""
    if fault.effect is Effect.UNKNOWN or fault.kind is K.DUPLICATE:
        return _unknown(fault, timing)
    kept = stored(fault)
    if fault.kind in NEEDS_USER:
        return Verdict(JobEvent.PARK, fault=kept, counts=False, park=ParkReason.CONNECTION)
    if fault.kind in NEEDS_TIME:
        wait = fault.retry_after or backoff(attempts, timing)
        if fault.kind is K.QUOTA_EXHAUSTED:
            return Verdict(JobEvent.PARK, wait=wait, fault=kept, counts=False, park=ParkReason.QUOTA)
        return Verdict(JobEvent.BACK_OFF, wait=wait, fault=kept, counts=False)
    if fault.at_work:
        wait = fault.retry_after or backoff(1, timing)
        return Verdict(JobEvent.BACK_OFF, wait=wait, fault=kept, counts=False)
    if fault.kind in TRANSIENT and attempts < max_attempts:
        wait = max(fault.retry_after or timedelta(), backoff(attempts, timing))
        return Verdict(JobEvent.BACK_OFF, wait=wait, fault=kept)
    return Verdict(JobEvent.FAIL, fault=kept)


def backoff(attempts: int, timing: Timing) -> timedelta:
    """The pause after the `attempts`-th try: doubled each time, capped, and spread by half either way."""
    full = min(timing.backoff_cap, timing.backoff * 2.0 ** max(0, min(attempts, 30) - 1))
    return timedelta(seconds=full * random.uniform(0.5, 1.5))


def _unknown(fault: Fault, timing: Timing) -> Verdict:
    return Verdict(JobEvent.LOSE_ANSWER, wait=timedelta(seconds=timing.settle_delay), fault=stored(fault))
