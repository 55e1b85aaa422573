from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import CheckConstraint
from sqlalchemy.dialects import postgresql

from app.actions.jobs.transition import PAST
from app.domain.connections.states import MACHINE as CONNECTIONS
from app.domain.connections.states import ConnectionEvent, ConnectionState
from app.domain.jobs.model import Job
from app.domain.jobs.states import FINAL, LEASED, MACHINE, WAITING, JobEvent, JobState

E, S = JobEvent, JobState
BY_PEOPLE = {E.CONFIRM, E.CONFIRM_PART, E.SEND_AGAIN, E.GIVE_UP, E.TAKE_UP}


def reached(start: JobState, without: frozenset[JobEvent] = frozenset()) -> set[JobState]:
    """Every state that can be reached from one, by other events than those."""
    seen, todo = {start}, [start]
    while todo:
        state = todo.pop()
        for event in MACHINE.allowed(state):
            target = MACHINE.advance(state, event)
            if event not in without and target not in seen:
                seen.add(target)
                todo.append(target)
    return seen


def test_every_state_is_reached_from_the_first() -> None:
    assert reached(S.SCHEDULED) == set(S)


def test_every_event_has_a_line_and_one_target() -> None:
    assert {event: MACHINE.target(event) for event in E if MACHINE.sources(event)}.keys() == set(E)


def test_final_states_are_left_by_replay_only() -> None:
    assert {state: MACHINE.allowed(state) for state in FINAL} == {
        S.PUBLISHED: (),
        S.FAILED: (E.REPLAY,),
        S.CANCELLED: (),
    }


def test_a_review_ends_by_a_person_only() -> None:
    assert set(MACHINE.allowed(S.NEEDS_REVIEW)) == BY_PEOPLE


def test_every_state_but_the_final_ones_can_end() -> None:
    ends = {S.PUBLISHED, S.FAILED, S.CANCELLED, S.NEEDS_REVIEW}
    assert all(reached(state) & ends for state in S)


def test_nothing_unknown_is_sent_without_a_look_or_a_person() -> None:
    looks = frozenset({E.FIND, E.FIND_PART, E.PROVE_ABSENT, E.BURY, *BY_PEOPLE})
    assert reached(S.UNKNOWN, looks) == {S.UNKNOWN, S.NEEDS_REVIEW}


def test_what_the_platform_processes_is_not_sent_again_without_its_word() -> None:
    assert set(MACHINE.allowed(S.PROCESSING)) == {E.PUBLISH, E.ACCEPT, E.BACK_OFF, E.FAIL, E.OVERDUE, E.FIND_PART}


def test_only_an_intent_can_be_followed_by_a_lost_answer() -> None:
    assert MACHINE.sources(E.LOSE_ANSWER) == MACHINE.sources(E.INTEND) == (S.PUBLISHING,)


def test_cancel_move_and_miss_are_for_jobs_that_wait() -> None:
    assert MACHINE.sources(E.CANCEL) == MACHINE.sources(E.RESCHEDULE) == MACHINE.sources(E.MISS) == WAITING


def test_every_event_has_a_name_in_the_log() -> None:
    assert set(PAST) == set(E)


def test_the_guards_of_the_table_are_those_of_the_states() -> None:
    checks: dict[str, str] = {
        str(one.name): str(one.sqltext.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
        for one in Job.__table__.constraints  # type: ignore[attr-defined]
        if isinstance(one, CheckConstraint)
    }
    silent = ", ".join(f"'{state}'" for state in (*FINAL, S.NEEDS_REVIEW))
    assert f"(wake_at IS NULL) = (state IN ({silent}))" in checks.values()
    leased = ", ".join(f"'{state}'" for state in LEASED)
    assert f"lease_until IS NULL OR state IN ({leased})" in checks.values()


def test_the_diagram_is_stable() -> None:
    lines = MACHINE.mermaid().splitlines()
    assert lines[0] == "stateDiagram-v2"
    assert len(lines) == 1 + sum(len(line.sources) for line in MACHINE.transitions)
    assert "    unknown --> retrying: prove_absent (reconcile)" in lines
    assert lines[1:3] == ["    scheduled --> publishing: claim (worker)", "    retrying --> publishing: claim (worker)"]


@pytest.mark.parametrize("state", list(ConnectionState))
def test_every_connection_can_be_connected_again(state: ConnectionState) -> None:
    assert CONNECTIONS.advance(state, ConnectionEvent.CONNECT) is ConnectionState.HEALTHY


def test_a_connection_that_has_ended_is_only_connected_again() -> None:
    assert set(CONNECTIONS.allowed(ConnectionState.REVOKED)) == {ConnectionEvent.CONNECT, ConnectionEvent.REVOKE}


class PureJob(RuleBasedStateMachine):
    """The table against a platform that counts effects; workers crash and answers are lost at any moment."""

    @initialize()
    def begin(self) -> None:
        self.state, self.epoch, self.intended, self.asked_late = S.SCHEDULED, 0, False, False
        self.effects: Counter[int] = Counter()
        self.knows: bool | None = None

    def to(self, event: JobEvent) -> None:
        self.state = MACHINE.advance(self.state, event)

    def _in(self, *states: JobState) -> bool:
        return self.state in states

    @precondition(lambda self: self._in(*WAITING))
    @rule()
    def cancel(self) -> None:
        self.to(E.CANCEL)

    @precondition(lambda self: self._in(*WAITING))
    @rule()
    def reschedule(self) -> None:
        self.to(E.RESCHEDULE)

    @precondition(lambda self: self._in(*MACHINE.sources(E.CLAIM)))
    @rule()
    def claim(self) -> None:
        self.to(E.CLAIM)
        self.intended, self.knows = False, None

    @precondition(lambda self: self._in(S.PUBLISHING) and not self.intended)
    @rule()
    def intend(self) -> None:
        self.to(E.INTEND)
        self.intended = True

    @precondition(lambda self: self._in(S.PUBLISHING) and self.intended and self.knows is None)
    @rule()
    def effect(self) -> None:
        self.effects[self.epoch] += 1
        self.knows = True

    @precondition(lambda self: self._in(S.PUBLISHING) and self.intended and self.knows is None)
    @rule()
    def refuse(self) -> None:
        self.to(E.BACK_OFF)

    @precondition(lambda self: self._in(S.PUBLISHING) and self.knows)
    @rule()
    def answer(self) -> None:
        self.to(E.PUBLISH)

    @precondition(lambda self: self._in(S.PUBLISHING) and self.intended)
    @rule()
    def lose_answer(self) -> None:
        self.to(E.LOSE_ANSWER)

    @precondition(lambda self: self._in(S.PUBLISHING))
    @rule()
    def crash_and_expire(self) -> None:
        self.to(E.RESCUE_SENT if self.intended else E.RESCUE)

    @precondition(lambda self: self._in(S.UNKNOWN))
    @rule()
    def reconcile(self) -> None:
        self.to(E.FIND if self.effects[self.epoch] else E.PROVE_ABSENT)

    @precondition(lambda self: self._in(S.UNKNOWN))
    @rule()
    def give_up_looking(self) -> None:
        self.to(E.ASK)
        self.asked_late = False

    @precondition(lambda self: self._in(S.NEEDS_REVIEW))
    @rule()
    def send_again(self) -> None:
        self.to(E.SEND_AGAIN)
        self.epoch += 1

    @precondition(lambda self: self._in(S.NEEDS_REVIEW) and self.effects[self.epoch] > 0)
    @rule()
    def confirm(self) -> None:
        self.to(E.CONFIRM)

    @precondition(lambda self: self._in(S.FAILED))
    @rule()
    def replay(self) -> None:
        self.to(E.REPLAY)
        self.epoch += 1

    @precondition(lambda self: self._in(*WAITING))
    @rule()
    def miss(self) -> None:
        self.to(E.MISS)

    @precondition(lambda self: self._in(*WAITING))
    @rule()
    def ask_late(self) -> None:
        self.to(E.ASK_LATE)
        self.asked_late = True

    @precondition(lambda self: self._in(S.NEEDS_REVIEW) and self.asked_late)
    @rule()
    def take_up(self) -> None:
        self.to(E.TAKE_UP)
        assert not self.effects[self.epoch], "it was asked about as late, and is out"

    @precondition(lambda self: self._in(S.SCHEDULED, S.RETRYING))
    @rule()
    def hold(self) -> None:
        self.to(E.HOLD)

    @rule()
    def look(self) -> None:
        """A look changes nothing; it is all that is left where a job has ended for good."""

    @invariant()
    def never_twice_in_an_epoch(self) -> None:
        effects: Any = getattr(self, "effects", Counter())
        assert all(count <= 1 for count in effects.values())


TestPureJob = PureJob.TestCase
TestPureJob.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
