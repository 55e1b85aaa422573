"""Send wake-ups to workers by the actor's name, so that nobody needs to import the actors.

A wake-up is never the only record of anything: the row is found again by its clock column. Hence a failure to send
is logged and counted, and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from dramatiq import Broker, Message
from dramatiq.errors import DramatiqError
from redis import RedisError

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WakeUp:
    """One message: which actor, with which ids."""

    queue: str
    actor: str
    ids: tuple[str, ...]


class WakeUps:
    """Sends to the broker, off the event loop: the broker's client blocks."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def send(self, messages: Sequence[WakeUp]) -> int:
        """Send what can be sent and give how many were."""
        return await asyncio.to_thread(self._send, messages) if messages else 0

    async def backlog(self, queue: str) -> int:
        """How many wake-ups wait in a queue; 0 when the server cannot be asked."""
        return await asyncio.to_thread(self._backlog, queue)

    def _send(self, messages: Sequence[WakeUp]) -> int:
        sent = 0
        for wake in messages:
            message: Message[None] = Message(
                queue_name=wake.queue, actor_name=wake.actor, args=wake.ids, kwargs={}, options={}
            )
            try:
                self._broker.enqueue(message)
            except (DramatiqError, RedisError, OSError) as error:
                log.warning("wakeup.not_sent", error=type(error).__name__, left=len(messages) - sent)
                break
            sent += 1
        return sent

    def _backlog(self, queue: str) -> int:
        try:
            size = self._broker.client.llen(f"{self._broker.namespace}:{queue}")  # type: ignore[attr-defined]
        except (RedisError, OSError):
            return 0
        return int(size)
