from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from app.kernel import ids, metrics
from app.services.limits import Limit, Limiter
from tests.app.services.conftest import Valkey

ZERO = timedelta(0)
SLOW = 1 / 86_400
"""One a day: nothing comes back while a test runs, so that counts are exact."""


@pytest.fixture
async def redis(valkey_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(valkey_url) as client:
        yield client


@pytest.fixture
def limiter(redis: Redis) -> Limiter:
    return Limiter(redis)


@pytest.fixture
def key() -> str:
    return f"test:{ids.new()}"


async def test_the_burst_passes_and_no_more(limiter: Limiter, key: str) -> None:
    waits = [await limiter.take(key, SLOW, 3) for _ in range(5)]
    assert waits[:3] == [ZERO] * 3
    assert all(wait > timedelta(hours=23) for wait in waits[3:])


async def test_racing_tasks_share_one_burst(limiter: Limiter, key: str) -> None:
    waits = await asyncio.gather(*(limiter.take(key, SLOW, 10) for _ in range(60)))
    assert waits.count(ZERO) == 10


async def test_two_processes_share_one_burst(valkey_url: str, key: str) -> None:
    async with Redis.from_url(valkey_url) as one, Redis.from_url(valkey_url) as two:
        limiters = [Limiter(one), Limiter(two)]
        waits = await asyncio.gather(*(limiters[n % 2].take(key, SLOW, 7) for n in range(40)))
    assert waits.count(ZERO) == 7


async def test_a_cost_takes_so_many(limiter: Limiter, key: str) -> None:
    assert await limiter.take(key, SLOW, 10, cost=8) == ZERO
    assert await limiter.take(key, SLOW, 10, cost=3) > ZERO
    assert await limiter.take(key, SLOW, 10, cost=2) == ZERO


async def test_a_refusal_takes_nothing(limiter: Limiter, redis: Redis, key: str) -> None:
    await limiter.take(key, SLOW, 1)
    before = await redis.get(f"postd:limit:{key}")
    assert await limiter.take(key, SLOW, 1) > ZERO
    assert await redis.get(f"postd:limit:{key}") == before


async def test_keys_do_not_touch_each_other(limiter: Limiter, key: str) -> None:
    await limiter.take(key, SLOW, 1)
    assert await limiter.take(key + "2", SLOW, 1) == ZERO


async def test_the_wait_is_what_is_missing(limiter: Limiter, key: str) -> None:
    await limiter.take(key, 0.01, 1)
    wait = await limiter.take(key, 0.01, 1)
    assert timedelta(seconds=70) < wait <= timedelta(seconds=100)


async def test_an_allowance_comes_back(limiter: Limiter, redis: Redis, key: str) -> None:
    await limiter.take(key, SLOW, 1)
    await redis.set(f"postd:limit:{key}", 1)  # its bucket has been empty since 1970
    assert await limiter.take(key, SLOW, 1) == ZERO


async def test_an_idle_key_expires_by_itself(limiter: Limiter, redis: Redis, key: str) -> None:
    await limiter.take(key, 0.01, 5, cost=2)
    assert 190_000 < await redis.pttl(f"postd:limit:{key}") <= 200_000


async def test_a_refusal_is_counted_by_the_limits_name(limiter: Limiter) -> None:
    name = f"limit{ids.new().hex}"
    for _ in range(3):
        await limiter.take(f"{name}:somebody", SLOW, 1)
    assert metrics.REGISTRY.get_sample_value("postd_rate_limited_total", {"limit": name}) == 2


async def test_a_lost_script_is_loaded_again(limiter: Limiter, redis: Redis, key: str) -> None:
    await limiter.take(key, SLOW, 2)
    await redis.script_flush()
    assert await limiter.take(key, SLOW, 2) == ZERO
    assert await limiter.take(key, SLOW, 2) > ZERO


async def test_without_a_server_everything_passes_and_is_counted(valkey: Valkey, key: str) -> None:
    async with Redis.from_url(valkey.url, retry=Retry(NoBackoff(), 0)) as client:
        limiter = Limiter(client)
        await limiter.take(key, SLOW, 1)
        valkey.kill()
        before = metrics.REGISTRY.get_sample_value("postd_limiter_unavailable_total") or 0
        assert await limiter.take(key, SLOW, 1) == ZERO
        assert metrics.REGISTRY.get_sample_value("postd_limiter_unavailable_total") == before + 1


@pytest.mark.parametrize(("rate", "burst", "cost"), [(0, 1, 1), (-1, 1, 1), (1, 1, 2), (1, 5, 0)])
async def test_a_limit_that_makes_no_sense_is_refused(
    limiter: Limiter, redis: Redis, key: str, rate: float, burst: int, cost: int
) -> None:
    with pytest.raises(ValueError, match="a limit needs"):
        await limiter.take(key, rate, burst, cost)
    assert await redis.exists(f"postd:limit:{key}") == 0


async def test_of_several_limits_all_are_taken_or_none(limiter: Limiter, key: str) -> None:
    wide, narrow = Limit(key + "w", SLOW, 5), Limit(key + "n", SLOW, 1)
    assert (await limiter.take_all([wide, narrow])).time == ZERO
    refused = await limiter.take_all([wide, narrow])
    assert (refused.limit, refused.time > ZERO) == (narrow.key, True)
    waits = [await limiter.take(wide.key, SLOW, 5) for _ in range(5)]
    assert waits.count(ZERO) == 4


async def test_a_hold_comes_before_the_meter_and_takes_nothing(limiter: Limiter, redis: Redis, key: str) -> None:
    await limiter.hold(key, timedelta(hours=1))
    wait = await limiter.take(key, SLOW, 1)
    assert timedelta(minutes=59) < wait <= timedelta(hours=1)
    assert timedelta(minutes=59) < await limiter.held(["nobody", key]) <= timedelta(hours=1)
    await redis.delete(f"postd:limit:{key}:hold")
    assert await limiter.held([key]) == ZERO
    assert await limiter.take(key, SLOW, 1) == ZERO


async def test_a_longer_hold_stays(limiter: Limiter, key: str) -> None:
    await limiter.hold(key, timedelta(hours=2))
    await limiter.hold(key, timedelta(hours=1))
    assert await limiter.held([key]) > timedelta(minutes=119)
    await limiter.hold(key, timedelta(hours=3))
    assert await limiter.held([key]) > timedelta(minutes=179)
    await limiter.hold(key + "2", ZERO)
    assert await limiter.held([key + "2"]) == ZERO
