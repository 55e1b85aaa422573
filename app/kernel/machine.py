"""A state machine as a table: the one truth for Python, for SQL and for the diagrams in the docs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


class IllegalTransition(Exception):
    """An event came to a state that does not know it: a mistake in our code, never the user's."""


@dataclass(frozen=True, slots=True)
class Transition(Generic[S, E]):
    """One line of the table."""

    event: E
    sources: tuple[S, ...]
    target: S
    actor: str
    """Who does it."""
    guard: str = ""
    """What must hold, in words; the verb's UPDATE states it in SQL."""


class Machine(Generic[S, E]):
    """All transitions of one noun. An event may have several lines, as long as no two start in the same state."""

    def __init__(self, noun: str, transitions: Iterable[Transition[S, E]]) -> None:
        self.noun = noun
        self.transitions: Sequence[Transition[S, E]] = tuple(transitions)
        self._targets: dict[tuple[S, E], S] = {}
        for line in self.transitions:
            for source in line.sources:
                if (source, line.event) in self._targets:
                    raise ValueError(f"{noun}: {line.event} leaves {source} by two lines")
                self._targets[source, line.event] = line.target

    def advance(self, state: S, event: E) -> S:
        """The state after `event`.

        Raises:
            IllegalTransition: the state does not know the event.
        """
        try:
            return self._targets[state, event]
        except KeyError:
            raise IllegalTransition(f"a {self.noun} that is {state} cannot {event}") from None

    def sources(self, event: E) -> tuple[S, ...]:
        """The states that know `event`: what the UPDATE's WHERE allows."""
        return tuple(state for (state, known) in self._targets if known == event)

    def target(self, event: E) -> S:
        """The one state that `event` leads to.

        Raises:
            ValueError: the event leads to several states; name the source with `advance`.
        """
        targets = {target for (_, known), target in self._targets.items() if known == event}
        if len(targets) != 1:
            raise ValueError(f"{self.noun}: {event} leads to {len(targets)} states")
        return targets.pop()

    def allowed(self, state: S) -> tuple[E, ...]:
        """The events that `state` knows."""
        return tuple(event for (known, event) in self._targets if known == state)

    def mermaid(self) -> str:
        """The table as a Mermaid state diagram, one arrow a line."""
        lines = ["stateDiagram-v2"]
        for line in self.transitions:
            note = f"{line.event} ({line.actor})"
            lines += [f"    {source} --> {line.target}: {note}" for source in line.sources]
        return "\n".join(lines) + "\n"
