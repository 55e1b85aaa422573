"""A later part is checked at its own place before it goes out: on some platforms it is a comment with its own rules."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from app.domain.jobs.states import JobState
from app.flows.publishing.wake import wake
from connectors.contract import Account, Content, Problem
from tests.fixtures.scripted import Scripted
from tests.fixtures.world import World


async def test_each_part_says_where_it_stands(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    job = await world.job(parts=3)
    places: list[tuple[int, int]] = []

    def watch(self: Scripted, content: Content, account: Account) -> Sequence[Problem]:
        places.append((content.first, len(content.parts)))
        return ()

    monkeypatch.setattr(Scripted, "validate", watch)
    await wake(world.rt, world.tenant, job.id, "worker-1")
    assert (await world.row(job.id)).state is JobState.PUBLISHED
    assert places == [(0, 1), (1, 1), (2, 1)]
