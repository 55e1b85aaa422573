"""Breakers: whether a platform is called at all, and how long it is left alone. Pure, no database.

A breaker opens when most of the last calls met a platform that is unwell, and lets one call through when its pause is
over: the probe. Its answer closes it, or opens it again for twice as long. An operator opens one by hand, which no
probe ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from connectors.faults import FaultKind


class BreakerState(StrEnum):
    """How a platform is treated."""

    CLOSED = "closed"
    """It is called as usual."""
    OPEN = "open"
    """It is left alone until its next probe. Jobs wait and use no attempt."""
    PROBING = "probing"
    """One call is under way, to find out whether it is back. Everything else still waits."""
    PAUSED = "paused"
    """An operator has switched it off. It is not called until somebody resumes it."""


class Operation(StrEnum):
    """What is done on a platform: one kind may be down while the others work."""

    PUBLISH = "publish"
    """Uploads and posts."""
    REFRESH = "refresh"
    """The renewal of tokens."""
    READ = "read"
    """Looking: what became of a post, whether an account can be used."""
    ALL = "all"
    """Everything: what an operator pauses."""


@dataclass(frozen=True, slots=True)
class Place:
    """What one breaker guards. A platform of many servers has one for each."""

    platform: str
    host: str
    operation: Operation

    def covers(self, other: Place) -> bool:
        """Whether a breaker here holds back what is done there; no host means every host."""
        return (
            self.platform == other.platform
            and self.host in ("", other.host)
            and self.operation in (Operation.ALL, other.operation)
        )


UNWELL = frozenset({FaultKind.UNREACHABLE, FaultKind.NO_ANSWER, FaultKind.PLATFORM_DOWN})
"""Faults that say something about the platform. A refusal, a limit or a dead token is an answer: it is well."""
OURS = frozenset({"pool_timeout", "master_key_missing"})
"""Codes of faults that happened before anything was asked: they say nothing about the platform."""


def trips(well: int, unwell: int, *, least: int) -> bool:
    """Whether so many outcomes open a breaker: `least` of them unwell, and at least half."""
    return unwell >= least and unwell >= well


def pause(opened: int, first: float, longest: float) -> float:
    """Seconds that a breaker stays open, the `opened`-th time in a row: doubled each time, up to `longest`."""
    return min(longest, first * 2.0 ** min(max(opened, 1) - 1, 30))
