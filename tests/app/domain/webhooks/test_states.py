from __future__ import annotations

import pytest

from app.domain.webhooks.states import FINAL, MACHINE, DeliveryEvent, DeliveryState
from app.kernel.machine import IllegalTransition

S, E = DeliveryState, DeliveryEvent


def test_the_way_of_a_delivery() -> None:
    state = S.RECEIVED
    for event in (E.TAKE, E.BACK_OFF, E.TAKE, E.RESCUE, E.TAKE, E.BURY, E.REPLAY, E.TAKE, E.FINISH):
        state = MACHINE.advance(state, event)
    assert state is S.DONE


@pytest.mark.parametrize("event", [event for event in E if event is not E.READ_ANEW])
def test_what_is_done_stays_done_unless_it_is_read_anew(event: DeliveryEvent) -> None:
    with pytest.raises(IllegalTransition):
        MACHINE.advance(S.DONE, event)


def test_every_state_can_be_reached_and_only_a_replay_leaves_an_end() -> None:
    assert {line.target for line in MACHINE.transitions} == set(S)
    assert {event for state in FINAL for event in MACHINE.allowed(state)} == {E.REPLAY, E.READ_ANEW}
    assert all(MACHINE.allowed(state) for state in S if state not in FINAL)
