"""Looks are shared by those who ask for the same, and by nobody longer than they allow."""

from __future__ import annotations

import asyncio

import pytest

from resolvers.looks import Looks
from tests.fixtures.graph import until

LONG = 3600.0


class Sight:
    """Something to look at that counts the looks; a look ends when the test lets it."""

    def __init__(self) -> None:
        self.begun = self.cancelled = 0
        self.may_end = asyncio.Event()
        self.fault: Exception | None = None

    async def look(self) -> int:
        self.begun += 1
        number = self.begun
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.fault is not None:
            raise self.fault
        return number


async def test_those_who_ask_meanwhile_and_soon_after_share_a_look() -> None:
    looks, sight = Looks(), Sight()
    waiting = [asyncio.create_task(looks.share("a", sight.look, LONG)) for _ in range(3)]
    await until(lambda: sight.begun)
    sight.may_end.set()
    assert await asyncio.gather(*waiting) == [1, 1, 1]
    assert (await looks.share("a", sight.look, LONG), await looks.share("b", sight.look, LONG)) == (1, 2)


async def test_a_look_that_is_too_old_is_given_to_nobody() -> None:
    looks, sight = Looks(), Sight()
    sight.may_end.set()
    assert await looks.share("a", sight.look, 0) == 1
    await until(lambda: not len(looks))
    assert await looks.share("a", sight.look, LONG) == 2


async def test_a_caller_that_leaves_takes_nobody_along_and_the_last_one_ends_the_look() -> None:
    looks, sight = Looks(), Sight()
    leaving, staying = (asyncio.create_task(looks.share("a", sight.look, LONG)) for _ in range(2))
    await until(lambda: sight.begun)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert (sight.cancelled, len(looks)) == (0, 1)
    staying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await staying
    await until(lambda: sight.cancelled)
    assert (sight.begun, len(looks)) == (1, 0)


async def test_a_look_that_failed_is_not_kept() -> None:
    looks, sight = Looks(), Sight()
    sight.fault = LookupError("gone")
    sight.may_end.set()
    answers = await asyncio.gather(*(looks.share("a", sight.look, LONG) for _ in range(2)), return_exceptions=True)
    assert (answers, sight.begun) == ([sight.fault, sight.fault], 1)
    await until(lambda: not len(looks))
    sight.fault = None
    assert await looks.share("a", sight.look, LONG) == 2
