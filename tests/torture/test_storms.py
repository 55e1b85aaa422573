"""The storms that are quick at a small scale, and a short campaign."""

from __future__ import annotations

import pytest

from tests.torture.campaign import Campaign
from tests.torture.stage import Stage
from tests.torture.storms import STORMS


@pytest.mark.parametrize("key", ["redis_flushed", "postgres_restarted", "out_of_memory", "too_many_requests"])
async def test_the_installation_comes_through_it(stage: Stage, key: str) -> None:
    told = await STORMS[key].run(stage, 0.1)
    assert told.troubles == []


async def test_a_short_campaign(stage: Stage) -> None:
    said: list[str] = []
    told = await Campaign(stage, 7, said.append).run(6)
    assert told.troubles == [], said
