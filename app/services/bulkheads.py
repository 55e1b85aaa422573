"""Bulkheads: how many of a process's slots one platform, or one workspace, may hold at a time.

Promise: whoever holds no slot gets one as long as one is free, and one is always left for the next: a key takes another
slot only while it holds fewer than its share times as many as are free. With a share of 3, one busy key comes to three
quarters of the slots, two to three sevenths each. What does not fit waits in a line that costs no slot and no thread;
who lets go of a slot is handed the first in the line that fits. The line is a courtesy: its rows are offered again.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

T = TypeVar("T")

Keys = Mapping[str, int]
"""What a slot is held under, each with its share."""
KEPT: Final = 30.0
"""Seconds after which a place in the line is given up: the row was offered again meanwhile."""


def may_enter(held: int, free: int, share: int) -> bool:
    """Whether a key that holds so many slots may take one of the free ones."""
    return free > 0 if held == 0 else free > 1 and held < share * free


@dataclass(frozen=True, slots=True)
class Turn(Generic[T]):
    """One that waits, or whose turn it is."""

    keys: Keys
    name: Hashable
    what: T
    since: float


class Bulkheads(Generic[T]):
    """The slots of one process and the line in front of them. Used from one event loop: nothing here waits."""

    def __init__(self, slots: int, *, line: int = 256, clock: Callable[[], float] = time.monotonic) -> None:
        """`line` is how many may wait for each key: all that was on its way when the first was told not to be sent."""
        self._slots = slots
        self._most = line
        self._clock = clock
        self._held: Counter[str] = Counter()
        self._used = 0
        self._line: deque[Turn[T]] = deque()

    def enter(self, keys: Keys, name: Hashable, what: T) -> Turn[T] | None:
        """Take a slot under every key. None where that does not fit: it waits in the line, if there is room there."""
        turn = Turn(keys, name, what, self._clock())
        if self._fits(turn.keys):
            self._take(turn.keys)
            return turn
        standing = (one.name for one in self._line)
        if name not in standing and all(self.waiting(key) < self._most for key in keys):
            self._line.append(turn)
        return None

    def leave(self, turn: Turn[T], *, hand_on: bool = True) -> Turn[T] | None:
        """Let go of a slot, and take it for the first in the line that fits; it leaves too when it has ended."""
        self._used -= 1
        self._held.subtract(list(turn.keys))
        self._held += Counter()  # forgets keys that hold nothing
        old = self._clock() - KEPT
        while self._line and self._line[0].since <= old:
            self._line.popleft()
        following = next((one for one in self._line if self._fits(one.keys)), None) if hand_on else None
        if following is not None:
            self._line.remove(following)
            self._take(following.keys)
        return following

    def waiting(self, key: str) -> int:
        """How many stand in the line under a key."""
        return sum(key in one.keys for one in self._line)

    def crowded(self, key: str) -> bool:
        """Whether so many wait under a key that nothing more should be sent here: there is work for a while."""
        return self.waiting(key) >= min(2 * self._slots, self._most // 2)

    def _fits(self, keys: Keys) -> bool:
        free = self._slots - self._used
        return all(may_enter(self._held[key], free, share) for key, share in keys.items())

    def _take(self, keys: Keys) -> None:
        self._used += 1
        self._held.update(list(keys))
