"""The server's rate limits, per account, with its headers. Source: docs.bsky.app/docs/advanced-guides/rate-limits."""

from __future__ import annotations

from connectors.sandbox.bluesky.errors import XrpcError
from connectors.sandbox.limits import Allowance
from connectors.sandbox.world import World

HOUR = 3600
DAY = 24 * HOUR
CREATE, UPDATE, DELETE = 3, 2, 1  # points of a write


def spend_write(world: World, did: str, points: int) -> dict[str, str]:
    """Count a write of an account: 5,000 points an hour, 35,000 a day. Gives the answer's headers."""
    if not world.switches.rate_limits:
        return {}
    return _spend(world, f"bluesky write {did}", ((5_000, HOUR), (35_000, DAY)), points)


def spend_login(world: World, identifier: str) -> dict[str, str]:
    """Count a login: 30 in five minutes, 300 a day."""
    if not world.switches.session_limit:
        return {}
    return _spend(world, f"bluesky login {identifier}", ((30, 300), (300, DAY)), 1)


def spend_upload(world: World, did: str) -> dict[str, str]:
    """Count an upload: 1,000 a day."""
    return _spend(world, f"bluesky upload {did}", ((1_000, DAY),), 1) if world.switches.rate_limits else {}


def _spend(world: World, key: str, windows: tuple[tuple[int, int], ...], cost: int) -> dict[str, str]:
    now = world.now()
    taken = [world.windows.take(key, limit=limit, seconds=seconds, now=now, cost=cost) for limit, seconds in windows]
    tightest = min(taken, key=lambda item: (item.allowed, item.remaining))
    headers = _headers(tightest)
    if not tightest.allowed:
        wait = max(1, round((tightest.reset_at - now).total_seconds()))
        raise XrpcError("RateLimitExceeded", "Rate Limit Exceeded", 429, {**headers, "retry-after": str(wait)})
    return headers


def _headers(allowance: Allowance) -> dict[str, str]:
    return {
        "ratelimit-limit": str(allowance.limit),
        "ratelimit-remaining": str(allowance.remaining),
        "ratelimit-reset": str(int(allowance.reset_at.timestamp())),
        "ratelimit-policy": f"{allowance.limit};w={allowance.seconds}",
    }
