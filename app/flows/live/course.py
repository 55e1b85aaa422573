"""How far a reader of a feed has come, and how it goes on from there.

A subscription that runs in a task can be given a course through `COURSE`: where to go on, whatever cursor its document
names, whether to end where it would have to wait, and who tells the rest to many at once. Its owner reads from the
course how far it came.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Course:
    """One reader's way along the log of a workspace."""

    seq: int | None = None
    """Behind which event to go on; None: the state comes first. Moves with every event that was looked at."""
    waits: bool = True
    """False: the feed ends where it would have to wait."""
    settled: int = 0
    """Up to here everything was told: moves whenever the feed has nothing more to tell."""
    goes_on: bool = False
    """It goes on with a subscription that was let in and counted before."""
    quiet: bool = False
    """The feed has ended because it had nothing more to tell, or others tell the rest."""
    told_by_others: Callable[[int, int], bool] = lambda seq, newest: seq >= newest
    """Whether others tell what lies between these numbers, to this reader too: then it need not read by itself."""


COURSE: ContextVar[Course | None] = ContextVar("COURSE", default=None)
"""The course of the subscription that runs in this task; None: from its document's cursor, without end."""
