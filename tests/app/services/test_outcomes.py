from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from app.kernel import ids
from app.services.crowds import REPEAT, Crowds
from app.services.outcomes import TELL_EVERY, Outcomes, Tally


@pytest.fixture
async def redis(valkey_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(valkey_url) as client:
        yield client


@pytest.fixture
async def nobody() -> AsyncIterator[Redis]:
    async with Redis.from_url("redis://127.0.0.1:1", retry=Retry(NoBackoff(), 0)) as client:
        yield client


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_processes_add_up(redis: Redis) -> None:
    prefix = str(ids.new())
    one, two = (Outcomes(redis, 3600, prefix=prefix) for _ in range(2))
    assert await one.add("k", well=False) == Tally(0, 1)
    assert await two.add("k", well=False) == Tally(0, 2)
    assert await one.add("other", well=False) == Tally(0, 1)


async def test_what_goes_well_is_told_at_most_once_a_second(redis: Redis) -> None:
    hand = Hand()
    outcomes = Outcomes(redis, 3600, prefix=str(ids.new()), clock=hand)
    assert await outcomes.add("k", well=True) == Tally(1, 0)
    assert [await outcomes.add("k", well=True) for _ in range(3)] == [None] * 3
    hand.now += TELL_EVERY
    assert await outcomes.add("k", well=True) == Tally(5, 0)
    assert await outcomes.add("k", well=True) is None
    assert await outcomes.add("k", well=False) == Tally(6, 1)


async def test_what_was_acted_upon_is_forgotten(redis: Redis) -> None:
    outcomes = Outcomes(redis, 3600, prefix=str(ids.new()))
    await outcomes.add("k", well=False)
    await outcomes.forget("k")
    assert await outcomes.add("k", well=False) == Tally(0, 1)


async def test_without_redis_a_process_counts_for_itself(nobody: Redis) -> None:
    hand = Hand()
    outcomes = Outcomes(nobody, 60, clock=hand)
    assert await outcomes.add("k", well=False) == Tally(0, 1)
    hand.now += 30
    assert await outcomes.add("k", well=False) == Tally(0, 2)
    hand.now += 31
    assert await outcomes.add("k", well=False) == Tally(0, 2)  # the first has left the window
    await outcomes.forget("k")
    assert await outcomes.add("k", well=False) == Tally(0, 1)


async def test_a_crowd_is_told_and_taken_back(redis: Redis) -> None:
    prefix, hand = str(ids.new()), Hand()
    worker, scheduler = Crowds(redis, prefix=prefix, clock=hand), Crowds(redis, prefix=prefix)
    await worker.tell("platform:slow", crowded=False)
    assert await scheduler.ask() == set()
    await worker.tell("platform:slow", crowded=True)
    assert await scheduler.ask() == {"platform:slow"}
    await redis.delete(f"{prefix}postd:crowded")
    await worker.tell("platform:slow", crowded=True)  # told just now
    assert await scheduler.ask() == set()
    hand.now += REPEAT
    await worker.tell("platform:slow", crowded=True)
    assert await scheduler.ask() == {"platform:slow"}
    await worker.tell("platform:slow", crowded=False)
    assert await scheduler.ask() == set()


async def test_a_crowd_is_soon_forgotten(redis: Redis) -> None:
    prefix = str(ids.new())
    await redis.zadd(f"{prefix}postd:crowded", {"old": 1})
    assert await Crowds(redis, prefix=prefix).ask() == set()


async def test_without_redis_nothing_is_crowded(nobody: Redis) -> None:
    crowds = Crowds(nobody)
    await crowds.tell("a", crowded=True)
    assert await crowds.ask() == set()
