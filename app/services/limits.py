"""Rate limits: who may go on now, and who how much later. Shared by all processes, exact under races.

GCRA (the leaky bucket as a meter): one number a key, the time at which its bucket is empty again. The script reads
the server's clock and changes the key in one step, so that neither clocks nor races of the processes matter.

These limits smooth the load and may be lost with the server; then everything is let through, logged and counted.
A platform's allowance for a day or a month is no such limit: it stands in PostgreSQL.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.kernel import metrics

_PREFIX: Final = "postd:limit:"
_ZERO: Final = timedelta(0)

# Times in microseconds of the server's clock; Lua's numbers hold them exactly. A refusal changes nothing.
_GCRA: Final = """
local interval, capacity, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local empty_at = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now) + interval * cost
local wait = empty_at - interval * capacity - now
if wait > 0 then
  return math.ceil(wait / 1000)
end
redis.call('SET', KEYS[1], string.format('%.0f', empty_at), 'PX', math.ceil((empty_at - now) / 1000))
return 0
"""

_log = structlog.get_logger(__name__)


class Limiter:
    """Asks the shared counters. One a process; the client is its own (a short timeout, no retries, is wise)."""

    def __init__(self, redis: Redis) -> None:
        self._script: Any = redis.register_script(_GCRA)
        self._failing = False

    async def take(self, key: str, rate: float, burst: int, cost: int = 1) -> timedelta:
        """Take `cost` from the allowance of a key: zero means go on, else nothing was taken: wait that long, ask again.

        `rate` is how much comes back a second, `burst` how much there is at most. The part of `key` before the first
        colon names the limit in the metrics, e.g. `key:…`, `platform:bluesky`. Where the server cannot be asked, zero.

        Raises:
            ValueError: `cost` is above `burst`: no waiting would ever help.
        """
        if rate <= 0 or not 1 <= cost <= burst:
            raise ValueError(
                f"a limit needs rate > 0 and 1 <= cost <= burst, not rate={rate} burst={burst} cost={cost}"
            )
        try:
            waited = int(await self._script(keys=[_PREFIX + key], args=[round(1_000_000 / rate), burst, cost]))
        except (RedisError, OSError) as error:
            metrics.LIMITER_DOWN.inc()
            if not self._failing:  # once an outage, not once a request
                _log.warning("limits.unavailable", error=repr(error), hint="No limit holds until Redis is back.")
            self._failing = True
            return _ZERO
        self._failing = False
        if waited:
            metrics.RATE_LIMITED.labels(key.partition(":")[0]).inc()
        return timedelta(milliseconds=waited)
