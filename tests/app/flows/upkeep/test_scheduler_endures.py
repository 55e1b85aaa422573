"""One chore of the scheduler that fails must not end the others: while it is down, no post goes out."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.exc import SQLAlchemyError

from app.services.storage import StorageError
from workers import scheduler


@pytest.mark.parametrize("error", [StorageError("the store failed"), RuntimeError("a bug"), SQLAlchemyError("away")])
async def test_a_chore_that_fails_is_done_again(error: Exception) -> None:
    stop, done = asyncio.Event(), 0

    async def work() -> float:
        nonlocal done
        done += 1
        if done == 1:
            raise error
        stop.set()
        return 0.0

    await scheduler._repeat(stop, "retention", work)
    assert done == 2
