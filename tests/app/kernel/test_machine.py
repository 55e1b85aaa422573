from __future__ import annotations

from enum import StrEnum

import pytest

from app.kernel.machine import IllegalTransition, Machine, Transition


class Light(StrEnum):
    RED = "red"
    GREEN = "green"
    DARK = "dark"


class Turn(StrEnum):
    GO = "go"
    STOP = "stop"
    BREAK = "break"


LINES = (
    Transition(Turn.GO, (Light.RED,), Light.GREEN, "clock", "nobody crosses"),
    Transition(Turn.STOP, (Light.GREEN,), Light.RED, "clock"),
    Transition(Turn.BREAK, (Light.RED,), Light.DARK, "storm"),
    Transition(Turn.BREAK, (Light.GREEN,), Light.DARK, "storm"),
)
MACHINE: Machine[Light, Turn] = Machine("light", LINES)


def test_an_event_leads_to_its_target() -> None:
    assert MACHINE.advance(Light.RED, Turn.GO) is Light.GREEN


def test_an_event_that_the_state_does_not_know_is_refused() -> None:
    with pytest.raises(IllegalTransition, match=r"^a light that is dark cannot go$"):
        MACHINE.advance(Light.DARK, Turn.GO)


def test_sources_are_the_states_that_know_the_event() -> None:
    assert MACHINE.sources(Turn.BREAK) == (Light.RED, Light.GREEN)
    assert MACHINE.sources(Turn.GO) == (Light.RED,)


def test_the_target_of_several_lines_is_one() -> None:
    assert MACHINE.target(Turn.BREAK) is Light.DARK


def test_an_event_with_several_targets_has_no_single_one() -> None:
    machine: Machine[Light, Turn] = Machine(
        "light",
        (
            Transition(Turn.GO, (Light.RED,), Light.GREEN, "clock"),
            Transition(Turn.GO, (Light.GREEN,), Light.RED, "clock"),
        ),
    )
    with pytest.raises(ValueError, match=r"^light: go leads to 2 states$"):
        machine.target(Turn.GO)


def test_an_event_without_a_line_has_no_target() -> None:
    with pytest.raises(ValueError, match=r"^light: stop leads to 0 states$"):
        Machine[Light, Turn]("light", LINES[:1]).target(Turn.STOP)


def test_allowed_are_the_events_that_the_state_knows() -> None:
    assert MACHINE.allowed(Light.RED) == (Turn.GO, Turn.BREAK)
    assert MACHINE.allowed(Light.DARK) == ()


def test_two_lines_from_one_state_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^light: go leaves red by two lines$"):
        Machine("light", (*LINES, Transition(Turn.GO, (Light.RED,), Light.DARK, "storm")))


def test_the_diagram_has_an_arrow_for_each_source() -> None:
    assert MACHINE.mermaid() == (
        "stateDiagram-v2\n"
        "    red --> green: go (clock)\n"
        "    green --> red: stop (clock)\n"
        "    red --> dark: break (storm)\n"
        "    green --> dark: break (storm)\n"
    )
