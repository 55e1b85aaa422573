"""Outcomes of calls in a sliding window, counted by all processes together.

A process adds up what went well and tells it at most once a second, so that calls that go well cost nothing; what did
not go well is told at once, and the answer is the sum over all processes. Without Redis a process counts for itself.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

_PREFIX: Final = "postd:outcomes:"
BUCKETS: Final = 12
"""Parts of the window: it slides by one of them."""
TELL_EVERY: Final = 1.0

_TALLY: Final = """
local size, count = tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = math.floor((time[1] + time[2] / 1000000) / size)
local here = KEYS[1] .. ':' .. string.format('%.0f', now)
redis.call('HINCRBY', here, 'well', ARGV[1])
redis.call('HINCRBY', here, 'unwell', ARGV[2])
redis.call('PEXPIRE', here, math.ceil(size * 1000 * (count + 1)))
local well, unwell = 0, 0
for past = 0, count - 1 do
  local found = redis.call('HMGET', KEYS[1] .. ':' .. string.format('%.0f', now - past), 'well', 'unwell')
  well = well + tonumber(found[1] or 0)
  unwell = unwell + tonumber(found[2] or 0)
end
return {well, unwell}
"""
_FORGET: Final = """
local size, count = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = math.floor((time[1] + time[2] / 1000000) / size)
for past = 0, count - 1 do
  redis.call('DEL', KEYS[1] .. ':' .. string.format('%.0f', now - past))
end
"""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Tally:
    """What happened within the window."""

    well: int
    unwell: int


@dataclass(slots=True)
class _Own:
    """What this process has seen of one key: all of the window, and what it has not told yet."""

    seen: deque[tuple[float, bool]] = field(default_factory=deque)
    untold: int = 0
    told_at: float = float("-inf")


class Outcomes:
    """The windows of one process."""

    def __init__(
        self, redis: Redis, window: float, *, prefix: str = "", clock: Callable[[], float] | None = None
    ) -> None:
        """`window` is in seconds; `prefix` keeps installations apart that share a server."""
        self._size = window / BUCKETS
        self._window = window
        self._prefix = _PREFIX + prefix
        self._tally: Any = redis.register_script(_TALLY)
        self._forget: Any = redis.register_script(_FORGET)
        self._clock = clock or time.monotonic
        self._own: dict[str, _Own] = {}

    async def add(self, key: str, *, well: bool) -> Tally | None:
        """Count one outcome. Gives the sum where it was asked for: always after one that did not go well."""
        own, now = self._own.setdefault(key, _Own()), self._clock()
        own.seen.append((now, well))
        while own.seen[0][0] <= now - self._window:
            own.seen.popleft()
        own.untold += well
        if well and now - own.told_at < TELL_EVERY:
            return None
        untold, own.untold, own.told_at = own.untold, 0, now
        try:
            arguments = [untold, int(not well), self._size, BUCKETS]
            good, bad = await self._tally(keys=[self._prefix + key], args=arguments)
        except (RedisError, OSError) as error:
            _log.debug("outcomes.counted_alone", error=type(error).__name__)
            good = sum(1 for _, fine in own.seen if fine)
            bad = len(own.seen) - good
        return Tally(int(good), int(bad))

    async def forget(self, key: str) -> None:
        """Begin a new window: what was seen has been acted upon."""
        self._own.pop(key, None)
        try:
            await self._forget(keys=[self._prefix + key], args=[self._size, BUCKETS])
        except (RedisError, OSError) as error:
            _log.debug("outcomes.not_forgotten", error=type(error).__name__)
