"""Bulkheads: how many of a process's slots one platform, or one workspace, may hold at a time.

Promise: whoever holds no slot gets one as long as one is free, and there is always one free for the next: a key takes
another slot only while it holds at most `SHARE` times as many as are free. One busy platform comes to three quarters of
the slots, two to three sevenths each. What does not fit waits in a line of ids that costs no slot and no thread; who
lets go of a slot is handed the first in the line that fits. The line is a courtesy: each row in it is offered again.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

T = TypeVar("T")

SHARE: Final = 3


def may_enter(held: int, free: int) -> bool:
    """Whether a key that holds so many slots may take one of the free ones."""
    return free > 0 if held == 0 else free > 1 and held < SHARE * free


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[T]):
    keys: tuple[str, ...]
    what: T


class Bulkheads(Generic[T]):
    """The slots of one process and the line in front of them. Used from one event loop: nothing here waits."""

    def __init__(self, slots: int, *, line: int = 64) -> None:
        """`line` is how many may wait for each key."""
        self._slots = slots
        self._most = line
        self._held: Counter[str] = Counter()
        self._used = 0
        self._line: deque[_Waiting[T]] = deque()

    @property
    def waiting(self) -> int:
        """How many stand in the line."""
        return len(self._line)

    def enter(self, keys: Sequence[str], what: T) -> bool:
        """Take a slot under every key; False where that does not fit: then `what` waits in the line, if there is room."""
        if self._fits(keys):
            self._take(keys)
            return True
        if all(sum(key in one.keys for one in self._line) < self._most for key in keys) and not self._stands(what):
            self._line.append(_Waiting(tuple(keys), what))
        return False

    def leave(self, keys: Sequence[str]) -> tuple[tuple[str, ...], T] | None:
        """Let go of a slot. Gives the first in the line that fits now, with the keys that it holds a slot under."""
        self._used -= 1
        self._held.subtract(keys)
        self._held += Counter()  # forgets keys that hold nothing
        for one in self._line:
            if self._fits(one.keys):
                self._line.remove(one)
                self._take(one.keys)
                return one.keys, one.what
        return None

    def full(self) -> set[str]:
        """The keys for which nothing more should be sent here: half of their places in the line are taken."""
        found = Counter(key for one in self._line for key in one.keys)
        return {key for key, count in found.items() if count * 2 >= self._most}

    def _fits(self, keys: Sequence[str]) -> bool:
        free = self._slots - self._used
        return all(may_enter(self._held[key], free) for key in keys)

    def _take(self, keys: Sequence[str]) -> None:
        self._used += 1
        self._held.update(keys)

    def _stands(self, what: T) -> bool:
        return any(one.what == what for one in self._line)
