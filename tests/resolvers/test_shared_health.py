"""Subscribers of one workspace look at its health together, and see what each of them may."""

from __future__ import annotations

from collections import Counter
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import pytest

from app.domain.keys.model import Scope
from app.flows.health import model
from app.flows.health import read as flow
from app.flows.runtime import Runtime
from resolvers import health
from tests.fixtures.graph import Graph, Key

WATCH = "subscription { healthUpdated { checkedAt queue { depth { count } } installation { depth { count } } } }"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Counter[UUID | None]:
    """Count the reads by workspace, the installation's under None; a look is fresh for the whole test."""
    counted: Counter[UUID | None] = Counter()

    async def read_health(rt: Runtime, tenant: UUID, parts: Any = None) -> model.Health:
        counted[tenant] += 1
        return await flow.read_health(rt, tenant, parts)

    async def read_installation(rt: Runtime) -> model.Installation | None:
        counted[None] += 1
        return await flow.read_installation(rt)

    monkeypatch.setattr(health, "EVERY", 3600.0)
    monkeypatch.setattr(health, "read_health", read_health)
    monkeypatch.setattr(health, "read_installation", read_installation)
    return counted


async def watched(graph: Graph, url: str, *keys: Key) -> list[dict[str, Any]]:
    """What subscribers with these keys are told first, all connected at the same time."""
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(graph.socket(url, key)) for key in keys]
        for socket in sockets:
            await socket.subscribe(WATCH)
        return [(await socket.data())["healthUpdated"] for socket in sockets]


async def test_two_subscribers_share_one_look(graph: Graph, url: str, read: Counter[UUID | None]) -> None:
    reader = await graph.new_key([Scope.READ])
    one, two = await watched(graph, url, reader, reader)
    assert one == two
    assert read == {graph.world.tenant: 1}


async def test_each_sees_what_its_scopes_allow(graph: Graph, url: str, read: Counter[UUID | None]) -> None:
    reader = await graph.new_key([Scope.READ])
    operators, plain, again = await watched(graph, url, graph.key, reader, graph.key)
    assert operators == again
    assert (operators["installation"] is None, plain["installation"]) == (False, None)
    assert operators["checkedAt"] == plain["checkedAt"]
    assert read == {graph.world.tenant: 1, None: 1}


async def test_workspaces_share_only_the_installation(
    graph: Graph, other_graph: Graph, url: str, read: Counter[UUID | None]
) -> None:
    await graph.world.job()
    mine, theirs = await watched(graph, url, graph.key, other_graph.key)
    assert (sum(one["count"] for one in mine["queue"]["depth"]), theirs["queue"]["depth"][0]["count"]) == (1, 0)
    assert mine["installation"] == theirs["installation"]
    assert read == {graph.world.tenant: 1, other_graph.world.tenant: 1, None: 1}


async def test_a_question_is_always_answered_by_a_look_of_its_own(graph: Graph, read: Counter[UUID | None]) -> None:
    for _ in range(2):
        await graph.ask("{ health { state } }")
    assert read == {graph.world.tenant: 2, None: 2}


async def test_a_change_is_told_to_those_who_share(
    graph: Graph, url: str, read: Counter[UUID | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "EVERY", 0.05)
    async with graph.socket(url) as one, graph.socket(url) as two:
        for socket in (one, two):
            await socket.subscribe("subscription { healthUpdated { queue { oldestDueAt depth { state count } } } }")
            assert (await socket.data())["healthUpdated"]["queue"]["oldestDueAt"] is None
        job = await graph.world.job()
        for socket in (one, two):
            # Other parts of the system may change meanwhile, and are told too.
            while (await socket.data())["healthUpdated"]["queue"]["oldestDueAt"] != job.due_at.isoformat():
                pass
    assert read[graph.world.tenant] > 1
