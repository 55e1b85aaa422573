"""Figures of interleaved runs: ours and the reference take turns, and each round gives one ratio.

The machine is never alone, so absolute figures only orient; what two neighbouring runs have in common cancels out in
their ratio.
"""

from __future__ import annotations

import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share (0 to 1) of the values lies; the nearest one, not an interpolation."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(frozen=True, slots=True)
class Spread:
    """Middle, smallest and largest of several rounds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of one or more values."""
        return cls(statistics.median(values), min(values), max(values))

    def words(self, unit: str = "", digits: int = 1) -> str:
        """For people: `41.2 (40.1-43.0) ms`."""
        middle, low, high = (f"{value:,.{digits}f}" for value in (self.median, self.low, self.high))
        return f"{middle} ({low}-{high}){' ' + unit if unit else ''}"


@dataclass(slots=True)
class Rounds:
    """One figure of ours and of the reference, round by round."""

    ours: list[float] = field(default_factory=list)
    reference: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> Spread:
        """Ours by the reference, of the same round."""
        return Spread.of([own / other for own, other in zip(self.ours, self.reference, strict=True)])


Run = Callable[[], Awaitable[float]]


async def take_turns(ours: Run, reference: Run, rounds: int) -> Rounds:
    """Run both in every round, and change who begins, so that a drift of the machine favours nobody."""
    found = Rounds()
    for number in range(rounds):
        turns = ((ours, found.ours), (reference, found.reference))
        for run, figures in turns if number % 2 == 0 else turns[::-1]:
            figures.append(await run())
    return found
