"""The bus's connection to Redis or Valkey: a backend for broadcaster that survives every loss. `bus` alone uses it."""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import Final

import structlog
from broadcaster import Event
from broadcaster._backends.base import BroadcastBackend
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

BEAT: Final = 2.0  # seconds between two messages that each process sends to hear itself
SILENCE: Final = 3 * BEAT  # without any message for so long, the connection is taken for dead
RESYNC: Final = "resync"  # made here at every (re)subscription; never sent

_log = structlog.get_logger(__name__)


class RedisBackend(BroadcastBackend):
    """Broadcaster's connection to Redis or Valkey, which comes back after every loss and says so by `RESYNC`.

    The library's own backend stops listening for ever at the first lost connection.
    """

    def __init__(self, url: str) -> None:
        # Listening: no retries inside the client, what to do after a loss is decided below, in one place.
        self._ear = Redis.from_url(url, retry=Retry(NoBackoff(), 0), socket_timeout=BEAT)
        # Speaking: once more on a new connection, since the pooled one may have died unnoticed.
        self._mouth = Redis.from_url(url, retry=Retry(NoBackoff(), 1), socket_timeout=BEAT)
        self._pubsub: PubSub | None = None
        self._channel = ""
        self._wanted = asyncio.Event()
        self._losses = 0
        self._closed = False

    async def connect(self) -> None:
        """Nothing to do yet: the connection is made when there is a channel to listen to."""

    async def disconnect(self) -> None:
        """Close every connection; the loop around `next_published` ends."""
        self._closed = True
        await self._drop()
        await self._ear.aclose()
        await self._mouth.aclose()

    async def subscribe(self, group: str) -> None:
        """Listen to one channel from now on. Does not wait for the server: `RESYNC` tells when it listens."""
        self._channel = group
        self._wanted.set()

    async def unsubscribe(self, group: str) -> None:
        """Stop listening; the connection itself goes with `disconnect`."""
        if group == self._channel:
            self._wanted.clear()

    async def publish(self, channel: str, message: str) -> None:
        """Send once. Raises `RedisError` or `OSError` where the server cannot be reached."""
        await self._mouth.publish(channel, message)

    async def next_published(self) -> Event:
        """The next message, or `RESYNC`; waits for as long as the server is away."""
        while True:
            await self._wanted.wait()
            try:
                text = await self._receive()
            except (RedisError, OSError) as error:
                if self._closed:  # the client took the end for a lost connection
                    raise asyncio.CancelledError from error
                await self._pause(error)
                continue
            if text is not None:
                self._losses = 0
                return Event(self._channel, text)

    async def _receive(self) -> str | None:
        if self._pubsub is None:
            self._pubsub = self._ear.pubsub()
            await self._pubsub.subscribe(self._channel)
        message = await self._pubsub.get_message(timeout=SILENCE)
        if message is None:
            raise TimeoutError(f"nothing was heard for {SILENCE:g} s, not even our own beat")
        if message["type"] == "subscribe":
            return RESYNC
        return message["data"].decode(errors="replace") if message["type"] == "message" else None

    async def _pause(self, error: Exception) -> None:
        """Let go of the connection and wait a little, longer each time up to two seconds."""
        if self._losses == 0:
            _log.warning("bus.lost", error=repr(error))
        await self._drop()
        await asyncio.sleep(random.uniform(0.5, 1) * min(2.0, 0.05 * 2 ** min(self._losses, 10)))
        self._losses += 1

    async def _drop(self) -> None:
        pubsub, self._pubsub = self._pubsub, None
        if pubsub is not None:
            with contextlib.suppress(RedisError, OSError):
                await pubsub.aclose()
