"""Which platforms and workspaces have their share of the workers: told by workers, asked by schedulers.

Soft knowledge in Redis: it lasts two seconds, and without it everything is offered as usual.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

_KEY: Final = "postd:crowded"
LASTS: Final = 2000
"""Milliseconds."""
REPEAT: Final = 0.5
"""Seconds after which the same is told again."""

_TELL: Final = """
local time = redis.call('TIME')
redis.call('ZADD', KEYS[1], time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], 10 * ARGV[2])
"""
_ASK: Final = """
local time = redis.call('TIME')
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', time[1] * 1000 + math.floor(time[2] / 1000))
return redis.call('ZRANGE', KEYS[1], 0, 999)
"""

_log = structlog.get_logger(__name__)


class Crowds:
    """What one process tells and asks."""

    def __init__(self, redis: Redis, *, prefix: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        """`prefix` keeps installations apart that share a server."""
        self._redis = redis
        self._key = f"{prefix}{_KEY}"
        self._tell: Any = redis.register_script(_TELL)
        self._ask: Any = redis.register_script(_ASK)
        self._clock = clock
        self._told: dict[str, float] = {}

    async def tell(self, key: str, *, crowded: bool) -> None:
        """Say whether a key has its share here. Costs nothing while that does not change."""
        told = self._told.get(key)
        if not crowded and told is None:
            return
        if crowded and told is not None and self._clock() - told < REPEAT:
            return
        try:
            if crowded:
                self._told[key] = self._clock()
                await self._tell(keys=[self._key], args=[key, LASTS])
            else:
                del self._told[key]
                await self._redis.zrem(self._key, key)
        except (RedisError, OSError) as error:
            _log.debug("crowds.not_told", error=type(error).__name__)

    async def ask(self) -> set[str]:
        """The keys that have their share somewhere; none where nobody can be asked."""
        try:
            return {key.decode() for key in await self._ask(keys=[self._key])}
        except (RedisError, OSError):
            return set()
