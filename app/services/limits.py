"""Rate limits: who may go on now, and who how much later. Shared by all processes, exact under races.

GCRA (the leaky bucket as a meter): one number a key, the time at which its bucket is empty again. The script reads
the server's clock and changes all keys of a question in one step, or none of them, so that neither clocks nor races of
the processes matter. A hold is a platform's own word ("not before ..."): while it stands, it overrides our meters.

These limits smooth the load and may be lost with the server; then everything is let through, logged and counted.
A platform's allowance for a day or a month is no such limit: it stands in PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.kernel import metrics

_PREFIX: Final = "postd:limit:"
_HOLD: Final = ":hold"
_ZERO: Final = timedelta(0)

# Times in microseconds of the server's clock; Lua's numbers hold them exactly. A refusal changes nothing. Gives the
# longest wait in milliseconds and the number of the limit that it is for.
_GCRA: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local longest, which, empty = 0, 0, {}
for i, key in ipairs(KEYS) do
  local interval, capacity, cost = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
  empty[i] = math.max(tonumber(redis.call('GET', key) or 0), now) + interval * cost
  local wait = math.max(math.ceil((empty[i] - interval * capacity - now) / 1000), redis.call('PTTL', key .. ':hold'))
  if wait > longest then
    longest, which = wait, i
  end
end
if longest == 0 then
  for i, key in ipairs(KEYS) do
    redis.call('SET', key, string.format('%.0f', empty[i]), 'PX', math.ceil((empty[i] - now) / 1000))
  end
end
return {longest, which}
"""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit: `rate` is how much comes back a second, `burst` how much there is at most.

    The part of `key` before the first colon names the limit in the metrics, e.g. `key:…`, `platform:bluesky`.

    Raises:
        ValueError: `cost` is above `burst`: no waiting would ever help.
    """

    key: str
    rate: float
    burst: int
    cost: int = 1

    def __post_init__(self) -> None:
        if self.rate <= 0 or not 1 <= self.cost <= self.burst:
            raise ValueError(
                "a limit needs rate > 0 and 1 <= cost <= burst, "
                f"not rate={self.rate} burst={self.burst} cost={self.cost}"
            )


@dataclass(frozen=True, slots=True)
class Wait:
    """How long to wait before asking again, and for which limit; zero means go on."""

    time: timedelta = _ZERO
    limit: str = ""


class Limiter:
    """Asks the shared counters. One a process; the client is its own (a short timeout, no retries, is wise)."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._script: Any = redis.register_script(_GCRA)
        self._failing = False

    async def take(self, key: str, rate: float, burst: int, cost: int = 1) -> timedelta:
        """Take `cost` from one allowance: zero means go on, else nothing was taken: wait that long, ask again.

        Raises:
            ValueError: see `Limit`.
        """
        return (await self.take_all([Limit(key, rate, burst, cost)])).time

    async def take_all(self, limits: Sequence[Limit]) -> Wait:
        """Take from all of these, or from none. Where the server cannot be asked, go on."""
        arguments: list[float] = []
        for limit in limits:
            arguments += (round(1_000_000 / limit.rate), limit.burst, limit.cost)
        try:
            longest, which = await self._script(keys=[_PREFIX + limit.key for limit in limits], args=arguments)
        except (RedisError, OSError) as error:
            self._is_away(error)
            return Wait()
        self._failing = False
        if not longest:
            return Wait()
        limit = limits[which - 1]
        metrics.RATE_LIMITED.labels(limit.key.partition(":")[0]).inc()
        return Wait(timedelta(milliseconds=longest), limit.key)

    async def hold(self, key: str, time: timedelta) -> None:
        """Let nobody pass a limit for a time; a longer hold that stands already stays."""
        milliseconds = int(time.total_seconds() * 1000)
        if milliseconds <= 0:
            return
        name = _PREFIX + key + _HOLD
        try:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.set(name, b"1", px=milliseconds, nx=True)
                pipe.pexpire(name, milliseconds, gt=True)
                await pipe.execute()
        except (RedisError, OSError) as error:
            self._is_away(error)

    async def held(self, keys: Sequence[str]) -> timedelta:
        """How long the longest hold on these limits still stands; zero where none does, or nobody can be asked."""
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for key in keys:
                    pipe.pttl(_PREFIX + key + _HOLD)
                left = await pipe.execute()
        except (RedisError, OSError) as error:
            self._is_away(error)
            return _ZERO
        return timedelta(milliseconds=max(0, *left))

    def _is_away(self, error: Exception) -> None:
        metrics.LIMITER_DOWN.inc()
        if not self._failing:  # once an outage, not once a request
            _log.warning("limits.unavailable", error=repr(error), hint="No limit holds until Redis is back.")
        self._failing = True
