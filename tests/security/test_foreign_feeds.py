"""The subscription root between two workspaces: no feed shows anything of the other one, whatever it is asked for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from app.actions.jobs.cancel import cancel
from app.domain.connections.model import Connection
from app.domain.jobs.model import Job
from app.domain.keys.model import Scope
from app.services.events import latest
from resolvers.api import SCHEMA
from schema.events import cursor_of
from schema.node import encode
from tests.fixtures.graph import Graph, Socket
from tests.fixtures.world import World, now
from tests.security.test_foreign_ids import slots

TOLD = "cursor caughtUp event { type subject { id } actor { id } changes { field value } }"
FEEDS = {
    "jobUpdated": f"{TOLD} job {{ id state post {{ id }} connection {{ id account {{ handle }} }} }}",
    "postUpdated": f"{TOLD} post {{ id state jobs {{ id connection {{ account {{ handle }} }} }} }}",
    "connectionUpdated": f"{TOLD} connection {{ id account {{ handle }} backlog {{ planned }} }}",
    "eventAdded": TOLD,
    "healthUpdated": "state queue { depth { state count } oldestDueAt } installation { depth { count } }",
}
CHANGED = {"jobUpdated": "job.cancelled", "postUpdated": "post.updated", "connectionUpdated": "connection.connected"}
"""What each feed tells first when a job was cancelled and an account connected."""
FOLLOWED = [name for name in FEEDS if name != "healthUpdated"]
ROOT = SCHEMA._schema.subscription_type
assert ROOT is not None
SLOTS = list(slots("subscription", ROOT))
THINGS = {"connections": "Connection", "posts": "Post"}
"""What the ids in a filter are of, by the filter's field."""


@dataclass(frozen=True)
class Things:
    """What a workspace has: an account and a post that waits on it."""

    world: World
    connection: Connection
    job: Job

    def ids(self) -> dict[str, str]:
        return {
            "Connection": str(encode("Connection", self.connection.id)),
            "Post": str(encode("Post", self.job.post_id)),
            "Job": str(encode("Job", self.job.id)),
        }

    def traces(self) -> set[str]:
        """What only this workspace may read."""
        return {*self.ids().values(), str(self.world.tenant), self.connection.handle}

    async def change(self) -> Connection:
        """Cancel the job and connect another account."""
        async with self.world.db.transaction(self.world.tenant) as session:
            await cancel(session, self.job.id)
        return await self.world.connection()


async def things(graph: Graph) -> Things:
    account = await graph.world.connection()
    return Things(graph.world, account, await graph.world.job(account, now=now() + timedelta(hours=1)))


async def next_of(socket: Socket, name: str) -> dict[str, Any]:
    found: dict[str, Any] = (await socket.data())[name]
    return found


def test_every_subscription_is_asked() -> None:
    assert ROOT is not None
    assert set(FEEDS) == set(ROOT.fields)
    assert {name for name, field in ROOT.fields.items() if "after" in field.args} == set(FOLLOWED)
    assert {str(slot) for slot in SLOTS} == {
        "jobUpdated(filter.connections)",
        "jobUpdated(filter.posts)",
        "postUpdated(filter.connections)",
    }


@pytest.mark.parametrize("name", CHANGED)
async def test_the_first_state_and_the_changes_are_the_callers_own(
    graph: Graph, other_graph: Graph, url: str, name: str
) -> None:
    theirs, mine = await things(other_graph), await things(graph)
    async with graph.socket(url) as socket:
        await socket.subscribe(f"subscription {{ {name} {{ {FEEDS[name]} }} }}")
        state = await next_of(socket, name)
        hidden = {*theirs.traces(), (await theirs.change()).handle}
        await mine.change()
        change = await next_of(socket, name)
    assert state["caughtUp"] is True  # it was the only one
    assert change["event"]["type"] == CHANGED[name]
    assert mine.ids()[name.removesuffix("Updated").capitalize()] in json.dumps(state)
    assert [one for one in hidden if one in json.dumps([state, change])] == []


async def test_events_are_the_callers_own(graph: Graph, other_graph: Graph, url: str) -> None:
    theirs, mine = await things(other_graph), await things(graph)
    async with graph.world.db.read(graph.world.tenant) as session:
        after = cursor_of(graph.world.tenant, await latest(session))
    async with graph.socket(url) as socket:
        query = f"subscription($after: Cursor) {{ eventAdded(after: $after) {{ {TOLD} }} }}"
        await socket.subscribe(query, {"after": after})
        hidden = {*theirs.traces(), (await theirs.change()).handle}
        connected = await mine.change()
        told = [await next_of(socket, "eventAdded")]
        while told[-1]["event"]["type"] != "connection.connected":
            told.append(await next_of(socket, "eventAdded"))
    assert {one["event"]["subject"]["id"] for one in told[:-1]} == {mine.ids()["Post"], mine.ids()["Job"]}
    assert told[-1]["event"]["subject"]["id"] == encode("Connection", connected.id)
    assert [one for one in hidden if one in json.dumps(told)] == []


@pytest.mark.parametrize("slot", SLOTS, ids=str)
async def test_a_foreign_id_in_a_filter_adds_nothing(graph: Graph, other_graph: Graph, url: str, slot: Any) -> None:
    theirs, mine = await things(other_graph), await things(graph)
    kind = slot.field.args["filter"].type
    word = THINGS[slot.path[-1]]
    query = f"subscription($filter: {kind}) {{ {slot.name}(filter: $filter) {{ {FEEDS[slot.name]} }} }}"
    async with graph.socket(url) as socket:
        await socket.subscribe(query, {"filter": {slot.path[-1]: [theirs.ids()[word], mine.ids()[word]]}})
        state = await next_of(socket, slot.name)
        await theirs.change()
        await mine.change()
        change = await next_of(socket, slot.name)
    assert state["caughtUp"] is True  # it was the only one
    assert change["event"]["type"] == CHANGED[slot.name]
    assert [one for one in theirs.traces() if one in json.dumps([state, change])] == []


@pytest.mark.parametrize("slot", SLOTS, ids=str)
async def test_a_filter_of_foreign_ids_alone_is_one_of_ids_that_do_not_exist(
    graph: Graph, other_graph: Graph, url: str, slot: Any
) -> None:
    theirs, mine = await things(other_graph), await things(graph)
    kind = slot.field.args["filter"].type
    query = f"subscription($filter: {kind}) {{ {slot.name}(filter: $filter) {{ {FEEDS[slot.name]} }} }}"
    async with graph.socket(url) as socket:
        asked = {"filter": {slot.path[-1]: [theirs.ids()[THINGS[slot.path[-1]]]]}}
        silent = await socket.subscribe(query, asked)
        await socket.subscribe(f"subscription {{ {slot.name} {{ {FEEDS[slot.name]} }} }}")
        first = await socket.receive()
        await theirs.change()
        await mine.change()
        second = await socket.receive()
    assert silent not in {first["id"], second["id"]}
    assert {first["type"], second["type"]} == {"next"}


@pytest.mark.parametrize("name", FOLLOWED)
async def test_a_cursor_of_another_workspace_is_refused(graph: Graph, other_graph: Graph, url: str, name: str) -> None:
    theirs = await things(other_graph)
    query = f"subscription($after: Cursor) {{ {name}(after: $after) {{ {FEEDS[name]} }} }}"
    async with graph.socket(url) as socket:
        await socket.subscribe(query, {"after": cursor_of(theirs.world.tenant, 1)})
        answer = await socket.receive()
    text = json.dumps(answer)
    assert "BAD_CURSOR" in text
    assert [one for one in theirs.traces() if one in text] == []


async def test_health_counts_the_callers_own_queue(graph: Graph, other_graph: Graph, url: str) -> None:
    for _ in range(3):
        await things(other_graph)
    await things(graph)
    reader = await graph.new_key([Scope.READ])
    async with graph.socket(url, reader) as socket:
        await socket.subscribe(f"subscription {{ healthUpdated {{ {FEEDS['healthUpdated']} }} }}")
        health = await next_of(socket, "healthUpdated")
    assert {one["state"]: one["count"] for one in health["queue"]["depth"] if one["count"]} == {"SCHEDULED": 1}
    assert health["installation"] is None
