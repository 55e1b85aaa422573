"""Open a breaker, and let one process at a time probe whether the platform is back.

Promise: however many processes see the trouble, the breaker opens once; however many want to probe, one does, and a
probe whose process dies is given to another. A breaker that an operator has opened is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.breakers.states import Place
from app.kernel import ids

_HERE = "platform = :platform AND host = :host AND operation = :operation"
# Spread by a quarter either way: breakers of many servers must not all probe at one moment.
_AGAIN = "make_interval(secs => least(:longest, :first * 2.0 ^ least({opened} - 1, 30)) * (0.75 + random() * 0.5))"

OPEN = text(
    f"""
    INSERT INTO breakers AS here
        (platform, host, operation, state, episode, since, reason, opened, next_probe_at, actor)
    VALUES (:platform, :host, :operation, 'open', :episode, clock_timestamp(), :reason, 1,
            clock_timestamp() + {_AGAIN.format(opened="1")}, 'worker')
    ON CONFLICT (platform, host, operation) DO UPDATE SET
        state = 'open', episode = excluded.episode, since = excluded.since, reason = excluded.reason, opened = 1,
        next_probe_at = excluded.next_probe_at, probe_until = NULL, actor = 'worker', updated_at = clock_timestamp()
    WHERE here.state = 'closed'
    RETURNING 1
    """  # noqa: S608 -- put together from constants
)
PROBE = text(
    f"""
    UPDATE breakers SET state = 'probing', probe_until = clock_timestamp() + :time, updated_at = clock_timestamp()
    WHERE {_HERE} AND (state = 'open' AND next_probe_at <= clock_timestamp()
                       OR state = 'probing' AND probe_until <= clock_timestamp())
    RETURNING 1
    """  # noqa: S608 -- put together from constants
)
FAILED = text(
    f"""
    UPDATE breakers SET state = 'open', probe_until = NULL, opened = opened + 1, reason = :reason,
        next_probe_at = clock_timestamp() + {_AGAIN.format(opened="opened + 1")}, updated_at = clock_timestamp()
    WHERE {_HERE} AND state = 'probing' RETURNING 1
    """  # noqa: S608 -- put together from constants
)
PASSED = text(
    f"""
    UPDATE breakers SET state = 'closed', probe_until = NULL, next_probe_at = NULL, updated_at = clock_timestamp()
    WHERE {_HERE} AND state IN ('probing', 'open') RETURNING 1
    """  # noqa: S608 -- put together from constants
)
UNUSED = text(
    f"""
    UPDATE breakers SET state = 'open', probe_until = NULL, next_probe_at = clock_timestamp(),
        updated_at = clock_timestamp()
    WHERE {_HERE} AND state = 'probing' RETURNING 1
    """  # noqa: S608 -- put together from constants
)


@dataclass(frozen=True, slots=True)
class Pauses:
    """How long a breaker stays open: the first time, and at most."""

    first: float
    longest: float


async def trip(session: AsyncSession, place: Place, reason: str, pauses: Pauses) -> bool:
    """Open a breaker that is closed; False where it is open already, by whomever."""
    values = {"episode": ids.new(), "reason": reason[:500], "first": pauses.first, "longest": pauses.longest}
    return bool(await session.scalar(OPEN, {**_at(place), **values}))


async def take_probe(session: AsyncSession, place: Place, time: timedelta) -> bool:
    """Take the one probe, for at most `time`; False where it is not due or somebody else's."""
    return bool(await session.scalar(PROBE, {**_at(place), "time": time}))


async def probe_failed(session: AsyncSession, place: Place, reason: str, pauses: Pauses) -> bool:
    """Open the breaker again, for longer."""
    values = {"reason": reason[:500], "first": pauses.first, "longest": pauses.longest}
    return bool(await session.scalar(FAILED, {**_at(place), **values}))


async def probe_passed(session: AsyncSession, place: Place) -> bool:
    """Close the breaker; False where it is closed already, or an operator's."""
    return bool(await session.scalar(PASSED, _at(place)))


async def probe_unused(session: AsyncSession, place: Place) -> bool:
    """Give the probe back: nothing was asked."""
    return bool(await session.scalar(UNUSED, _at(place)))


def _at(place: Place) -> dict[str, str]:
    return {"platform": place.platform, "host": place.host, "operation": place.operation.value}
