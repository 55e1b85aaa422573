"""Windows that count requests, as the platforms' rate limits do. In memory: a restart forgives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a window after a request."""

    limit: int
    remaining: int
    seconds: int
    """The length of the window."""
    reset_at: datetime
    allowed: bool


class Windows:
    """Counters by key; a window begins with the first request that it counts."""

    def __init__(self) -> None:
        self._used: dict[tuple[str, int], tuple[datetime, int]] = {}

    def take(self, key: str, *, limit: int, seconds: int, now: datetime, cost: int = 1) -> Allowance:
        """Count a request; it is allowed while the window has room for its cost. A refused one costs nothing."""
        began, used = self._used.get((key, seconds), (now, 0))
        if now - began >= timedelta(seconds=seconds):
            began, used = now, 0
        allowed = used + cost <= limit
        used += cost if allowed else 0
        self._used[key, seconds] = (began, used)
        return Allowance(limit, limit - used, seconds, began + timedelta(seconds=seconds), allowed)
