from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.jobs.states import JobEvent, ParkReason
from app.domain.jobs.verdict import Verdict, backoff, judge
from connectors.contract import Failed, Outcome, Pending, Published, PublishedRef, Unknown
from connectors.faults import Effect, FaultKind
from tests.fixtures.scripted import fault
from tests.fixtures.world import TIMING

K, E = FaultKind, JobEvent
PUBLISHED = Published(PublishedRef("1"))


def decide(outcome: Outcome, *, attempts: int = 1, last: bool = True) -> Verdict:
    return judge(outcome, attempts=attempts, max_attempts=3, last_part=last, timing=TIMING)


def test_published() -> None:
    assert decide(PUBLISHED) == Verdict(E.PUBLISH)
    assert decide(PUBLISHED, last=False) == Verdict(E.PUBLISH_PART)


def test_pending() -> None:
    assert decide(Pending({}, timedelta(seconds=9))) == Verdict(E.ACCEPT, wait=timedelta(seconds=9))


@pytest.mark.parametrize("kind", list(K))
@pytest.mark.parametrize("wrapped", [Unknown, Failed])
def test_an_effect_that_is_not_known_is_never_tried_again(kind: FaultKind, wrapped: type[Unknown | Failed]) -> None:
    verdict = decide(wrapped(fault(kind, effect=Effect.UNKNOWN)))
    assert (verdict.event, verdict.wait) == (E.LOSE_ANSWER, timedelta(seconds=2))


TABLE = [
    (K.AUTH_EXPIRED, E.PARK, E.PARK, False),
    (K.PERMISSION_MISSING, E.PARK, E.PARK, False),
    (K.ACCOUNT_GONE, E.PARK, E.PARK, False),
    (K.RATE_LIMITED, E.BACK_OFF, E.BACK_OFF, False),
    (K.QUOTA_EXHAUSTED, E.PARK, E.PARK, False),
    (K.UNREACHABLE, E.BACK_OFF, E.FAIL, True),
    (K.NO_ANSWER, E.BACK_OFF, E.FAIL, True),
    (K.PLATFORM_DOWN, E.BACK_OFF, E.FAIL, True),
    (K.UNEXPECTED_ANSWER, E.BACK_OFF, E.FAIL, True),
    (K.INVALID_CONTENT, E.FAIL, E.FAIL, True),
    (K.INVALID_MEDIA, E.FAIL, E.FAIL, True),
    (K.POLICY, E.FAIL, E.FAIL, True),
    (K.NOT_FOUND, E.FAIL, E.FAIL, True),
    (K.FORBIDDEN_ADDRESS, E.FAIL, E.FAIL, True),
    (K.DUPLICATE, E.LOSE_ANSWER, E.LOSE_ANSWER, True),
]


def test_the_table_names_every_kind() -> None:
    assert {kind for kind, *_ in TABLE} == set(K)


@pytest.mark.parametrize(("kind", "first", "last", "counts"), TABLE, ids=[kind for kind, *_ in TABLE])
def test_a_fault_without_effect(kind: FaultKind, first: JobEvent, last: JobEvent, counts: bool) -> None:
    early, late = decide(Failed(fault(kind))), decide(Failed(fault(kind)), attempts=3)
    assert (early.event, late.event, early.counts) == (first, last, counts)
    assert early.fault is not None
    assert early.fault["kind"] == kind
    reason = ParkReason.QUOTA if kind is K.QUOTA_EXHAUSTED else ParkReason.CONNECTION
    assert early.park is (reason if first is E.PARK else None)
    assert (early.wait is None) is (reason is ParkReason.CONNECTION and first in (E.PARK, E.FAIL))


def test_the_platforms_own_pause_is_kept() -> None:
    hour = timedelta(hours=1)
    assert decide(Failed(fault(K.RATE_LIMITED, retry_after=hour))).wait == hour
    assert decide(Failed(fault(K.PLATFORM_DOWN, retry_after=hour))).wait == hour


@pytest.mark.parametrize(("attempts", "full"), [(0, 4), (1, 4), (2, 8), (3, 16), (5, 60), (1000, 60)])
def test_pauses_grow_to_a_cap_and_are_spread(attempts: int, full: float) -> None:
    pauses = [backoff(attempts, TIMING).total_seconds() for _ in range(200)]
    assert full * 0.5 <= min(pauses) < full * 0.7
    assert full * 1.3 < max(pauses) <= full * 1.5


@pytest.mark.parametrize("attempts", [1, 3])
def test_to_wait_for_a_platform_that_is_still_at_work_is_no_attempt(attempts: int) -> None:
    busy = replace(fault(K.PLATFORM_DOWN), at_work=True, retry_after=timedelta(seconds=30))
    verdict = decide(Failed(busy), attempts=attempts)
    assert (verdict.event, verdict.wait, verdict.counts) == (E.BACK_OFF, timedelta(seconds=30), False)
