"""How much of a worker figures may take: little, so that a post never waits for them.

Promise: of a process's threads no more than a quarter looks at figures at a time, and always one may. What does not fit
is let go: its row is offered again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """The turns of one process."""

    def __init__(self, threads: int) -> None:
        self._most = max(1, threads // 4)
        self._taken = 0

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Whether there is room, for as long as the block lasts."""
        room = self._taken < self._most
        self._taken += room
        try:
            yield room
        finally:
            self._taken -= room
