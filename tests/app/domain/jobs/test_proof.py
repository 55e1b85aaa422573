"""What tries prove: a doubt ends by the platform's own word only."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.jobs.proof import UNSENT, Trace, proved_absent
from app.domain.jobs.states import JobEvent

E = JobEvent
KEY = UUID(int=1)
WORKS = ("publish", "poll", "reconcile")


def traces(*tries: tuple[str, str | None]) -> list[Trace]:
    return [Trace(KEY, work, outcome) for work, outcome in tries]


@pytest.mark.parametrize(
    ("tries", "proved"),
    [
        ([], True),
        ([("publish", E.FAIL)], True),
        ([("publish", E.BACK_OFF), ("publish", E.RESCUE), ("publish", E.BURY)], True),
        ([("publish", None)], False),
        ([("publish", E.LOSE_ANSWER)], False),
        ([("publish", E.RESCUE_SENT)], False),
        ([("publish", E.ACCEPT)], False),
        ([("publish", E.ACCEPT), ("poll", "Still at it."), ("poll", E.FAIL)], True),
        ([("publish", E.ACCEPT), ("poll", E.OVERDUE)], False),
        ([("publish", E.LOSE_ANSWER), ("reconcile", E.PROVE_ABSENT), ("publish", E.FAIL)], True),
        ([("publish", E.LOSE_ANSWER), ("reconcile", "Cannot be told."), ("reconcile", E.ASK)], False),
        ([("publish", E.LOSE_ANSWER), ("reconcile", E.ASK), ("publish", E.FAIL)], False),
        ([("publish", E.LOSE_ANSWER), ("reconcile", E.PROVE_ABSENT), ("publish", E.LOSE_ANSWER)], False),
        ([("publish", E.LOSE_ANSWER), ("poll", E.PROVE_ABSENT)], False),
    ],
)
def test_what_is_proved(tries: list[tuple[str, str | None]], proved: bool) -> None:
    assert proved_absent(traces(*tries)) is proved


TRY = st.tuples(st.sampled_from(WORKS), st.sampled_from([None, "Words.", *E]))


@given(st.lists(TRY), st.lists(TRY))
def test_a_try_that_may_be_out_stays_so_until_the_platform_says_otherwise(
    before: list[tuple[str, str | None]], after: list[tuple[str, str | None]]
) -> None:
    told = {("reconcile", E.PROVE_ABSENT), ("reconcile", E.BURY), ("poll", E.BACK_OFF), ("poll", E.FAIL)}
    after = [one for one in after if one not in told]
    assert not proved_absent(traces(*before, ("publish", E.LOSE_ANSWER), *after))


@given(st.lists(TRY.filter(lambda one: one[0] != "publish" or one[1] in UNSENT)))
def test_where_nothing_was_sent_there_is_no_doubt(tries: list[tuple[str, str | None]]) -> None:
    assert proved_absent(traces(*tries))
