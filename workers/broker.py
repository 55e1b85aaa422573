"""The Dramatiq broker: messages are wake-ups, so nothing that matters lives in Redis.

Due times, attempts and retries stand on the rows in PostgreSQL. A lost, late or doubled message changes nothing.
"""

from __future__ import annotations

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import AgeLimit, AsyncIO, Callbacks, Middleware, ShutdownNotifications, TimeLimit
from redis import Redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

NAMESPACE = "postd"
QUEUE_MINUTES = 5
"""A wake-up older than this is dropped: the scheduler has offered the row again long since."""


class WakeUpBroker(RedisBroker):
    """A broker without queues for delayed messages: none is ever sent, and each would be asked for all the time."""

    def declare_queue(self, queue_name: str) -> None:
        """Declare a queue, once."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)


def make_broker(redis_url: str, *middleware: Middleware) -> RedisBroker:
    """The broker over Redis, with just the middleware that wake-ups need."""
    client: Redis = Redis.from_url(
        redis_url,
        retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=2), 5),
        socket_timeout=5,
        health_check_interval=5,
    )
    broker = WakeUpBroker(  # type: ignore[no-untyped-call]  # the library has no types
        client=client,
        namespace=NAMESPACE,
        heartbeat_timeout=15_000,
        maintenance_chance=20_000,
        middleware=[
            AgeLimit(max_age=QUEUE_MINUTES * 60_000),
            TimeLimit(time_limit=15 * 60_000),
            ShutdownNotifications(),
            Callbacks(),
            AsyncIO(),
            # Placed after AsyncIO: its hooks run while the event loop lives.
            *middleware,
        ],
    )
    dramatiq.set_broker(broker)
    return broker
