from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.actions.jobs.cancel import cancel
from app.flows.live import feed
from app.flows.live.course import Course
from schema.events import cursor_of
from schema.node import encode
from tests.fixtures.graph import Graph, until
from tests.fixtures.world import World, now

JOBS = """
subscription Jobs($filter: JobFilter, $after: Cursor) {
  jobUpdated(filter: $filter, after: $after) {
    cursor caughtUp event { type cursor } job { id state post { id state } connection { id } }
  }
}
"""


async def test_the_state_comes_first_then_each_change_in_order(graph: Graph, url: str) -> None:
    later = now() + timedelta(hours=1)
    first = await graph.world.job(now=later)
    second = await graph.world.job(now=later + timedelta(minutes=1))
    async with graph.socket(url) as socket:
        await socket.subscribe(JOBS)
        state = [(await socket.data())["jobUpdated"] for _ in range(2)]
        assert [one["job"]["id"] for one in state] == [encode("Job", first.id), encode("Job", second.id)]
        assert [one["event"] for one in state] == [None, None]
        assert [one["caughtUp"] for one in state] == [False, True]
        async with graph.world.db.transaction(graph.world.tenant) as session:
            await cancel(session, second.id)
        change = (await socket.data())["jobUpdated"]
        assert (change["job"]["id"], change["job"]["state"]) == (encode("Job", second.id), "CANCELLED")
        assert change["job"]["post"]["state"] == "CANCELLED"
        assert (change["event"]["type"], change["caughtUp"]) == ("job.cancelled", True)
        assert change["event"]["cursor"] == change["cursor"]


async def test_a_resume_gives_every_change_once(graph: Graph, url: str) -> None:
    waiting = await graph.world.job(now=now() + timedelta(hours=1))
    async with graph.socket(url) as socket:
        await socket.subscribe(JOBS)
        cursor = (await socket.data())["jobUpdated"]["cursor"]
    made = [await graph.world.job(now=now() + timedelta(hours=1)) for _ in range(3)]
    async with graph.world.db.transaction(graph.world.tenant) as session:
        await cancel(session, waiting.id)
    async with graph.socket(url) as socket:
        await socket.subscribe(JOBS, {"after": cursor})
        seen = [(await socket.data())["jobUpdated"] for _ in range(4)]
        assert [one["event"]["type"] for one in seen] == [*["job.scheduled"] * 3, "job.cancelled"]
        assert [one["job"]["id"] for one in seen] == [encode("Job", job.id) for job in [*made, waiting]]
        assert [one["caughtUp"] for one in seen] == [False, False, False, True]
        fresh = await graph.world.job(now=now() + timedelta(hours=1))
        assert (await socket.data())["jobUpdated"]["job"]["id"] == encode("Job", fresh.id)


async def test_a_client_that_lost_the_socket_amid_the_state_gets_all_of_it_again(graph: Graph, url: str) -> None:
    due = now() + timedelta(hours=1)
    jobs = [await graph.world.job(now=due + timedelta(minutes=number)) for number in range(3)]
    async with graph.socket(url) as socket:
        await socket.subscribe(JOBS)
        cursor = (await socket.data())["jobUpdated"]["cursor"]
    async with graph.socket(url) as socket:
        await socket.subscribe(JOBS, {"after": cursor})
        seen = [(await socket.data())["jobUpdated"] for _ in range(3)]
        assert [one["job"]["id"] for one in seen] == [encode("Job", job.id) for job in jobs]
        assert [one["caughtUp"] for one in seen] == [False, False, True]


async def test_a_filter_holds_for_the_state_and_for_what_follows(graph: Graph, url: str) -> None:
    wanted, other = await graph.world.connection(), await graph.world.connection()
    await graph.world.job(other, now=now() + timedelta(hours=1))
    mine = await graph.world.job(wanted, now=now() + timedelta(hours=2))
    async with graph.socket(url) as socket:
        await socket.subscribe(JOBS, {"filter": {"connections": [encode("Connection", wanted.id)]}})
        assert (await socket.data())["jobUpdated"]["job"]["id"] == encode("Job", mine.id)
        await graph.world.job(other, now=now() + timedelta(hours=1))
        last = await graph.world.job(wanted, now=now() + timedelta(hours=1))
        assert (await socket.data())["jobUpdated"]["job"]["id"] == encode("Job", last.id)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("postUpdated { cursor caughtUp event { type } post { id labels } }", "post.scheduled"),
        (
            "connectionUpdated { cursor caughtUp event { type } connection { id checks { ok } } }",
            "connection.connected",
        ),
        ("eventAdded { cursor caughtUp event { type actor { kind } subject { id } changes { field value } } }", None),
    ],
)
async def test_the_other_feeds_follow_their_things(graph: Graph, url: str, field: str, expected: str | None) -> None:
    async with graph.socket(url) as socket:
        await socket.subscribe(f"subscription {{ {field} }}")
        await settled(graph)
        await graph.world.job()
        (update,) = (await socket.data()).values()
        assert expected is None or update["event"]["type"] == expected


async def settled(graph: Graph) -> None:
    """Wait until a subscription listens."""
    await until(lambda: graph.world.rt.bus._watches.get(graph.world.tenant))


async def test_health_is_told_at_once(graph: Graph, url: str) -> None:
    async with graph.socket(url) as socket:
        await socket.subscribe("subscription { healthUpdated { state checks { name state } queue { schedulerLag } } }")
        checks = (await socket.data())["healthUpdated"]["checks"]
        assert [check["name"] for check in checks][:3] == ["database", "migrations", "redis"]


async def test_a_lost_wake_up_costs_time_and_no_event(graph: Graph, world: World) -> None:
    settings = graph.world.rt.settings
    timing = settings.timing.model_copy(update={"feed_poll": 0.05})
    rt = replace(graph.world.rt, settings=settings.model_copy(update={"timing": timing}))
    async with aclosing(feed.follow(rt, world.tenant, feed.Topic(None, None, None), Course(1))) as stream:
        first = asyncio.ensure_future(anext(stream))
        await settled(graph)
        await world.connection()  # by a database that tells nobody
        async with asyncio.timeout(10):
            moment = await first
    assert moment.event is not None
    assert moment.event.type == "connection.connected"


async def test_more_than_five_hundred_things_are_too_many(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "MAX_STATE", 2)
    for _ in range(3):
        await graph.world.job(now=now() + timedelta(hours=1))
    query = "subscription { jobUpdated { job { id } } }"
    response = await graph.post({"query": query}, {"accept": "text/event-stream"})
    error = event_data(response.text)["errors"][0]
    assert (error["extensions"]["code"], error["extensions"]["input"]) == ("FILTER_TOO_BROAD", ["filter"])
    assert error["extensions"]["hint"]


def event_data(text: str) -> dict[str, Any]:
    line = next(line for line in text.splitlines() if line.startswith("data: {"))
    found: dict[str, Any] = json.loads(line.removeprefix("data: "))
    return found


async def refused(graph: Graph, after: str) -> str:
    query = "subscription($after: Cursor) { eventAdded(after: $after) { cursor } }"
    response = await graph.post({"query": query, "variables": {"after": after}}, {"accept": "text/event-stream"})
    found: str = event_data(response.text)["errors"][0]["extensions"]["code"]
    return found


async def test_a_cursor_behind_which_events_are_gone_is_expired(graph: Graph) -> None:
    for _ in range(3):
        await graph.world.job()
    await graph.world.owner.execute("DELETE FROM events WHERE tenant_id = $1 AND seq <= 3", graph.world.tenant)
    assert await refused(graph, cursor_of(graph.world.tenant, 2)) == "CURSOR_EXPIRED"
    assert await refused(graph, cursor_of(graph.world.tenant, 10_000)) == "CURSOR_EXPIRED"


async def test_a_cursor_of_another_workspace_is_harmless(graph: Graph, other_graph: Graph) -> None:
    await graph.world.job()
    assert await refused(other_graph, cursor_of(graph.world.tenant, 1)) == "BAD_CURSOR"
    answer = await other_graph.answer(
        "query($after: Cursor) { events(after: $after) { edges { node { type } } } }",
        after=cursor_of(graph.world.tenant, 0),
    )
    assert answer["errors"][0]["extensions"]["code"] == "BAD_CURSOR"


async def test_a_cursor_that_was_made_up_is_refused(graph: Graph) -> None:
    assert await refused(graph, "made-up") == "BAD_CURSOR"


async def test_a_workspace_hears_nothing_of_another(graph: Graph, other_graph: Graph, url: str) -> None:
    async with graph.socket(url, other_graph.key) as socket:
        await socket.subscribe("subscription { eventAdded { event { type } } }")
        await settled(other_graph)
        await graph.world.job()
        await other_graph.world.connection()
        assert (await socket.data())["eventAdded"]["event"]["type"] == "connection.connected"


async def test_loaders_are_fresh_for_every_message(graph: Graph, url: str) -> None:
    job = await graph.world.job(now=now() + timedelta(hours=1))
    query = "subscription { jobUpdated { event { type } job { state post { labels state } } } }"
    async with graph.socket(url) as socket:
        await socket.subscribe(query)
        assert (await socket.data())["jobUpdated"]["job"]["post"] == {"labels": [], "state": "SCHEDULED"}
        await graph.world.update("posts", job.post_id, labels=["new"])
        async with graph.world.db.transaction(graph.world.tenant) as session:
            await cancel(session, job.id)
        assert (await socket.data())["jobUpdated"]["job"]["post"] == {"labels": ["new"], "state": "CANCELLED"}


async def test_several_events_of_one_job_are_each_sent_with_their_own_cursor(graph: Graph, url: str) -> None:
    job = await graph.world.job()
    claimed = await graph.world.claimed(job.id)
    assert claimed.job.state == "publishing"
    async with graph.socket(url) as socket:
        await socket.subscribe(JOBS, {"after": cursor_of(graph.world.tenant, 0)})
        seen = [(await socket.data())["jobUpdated"] for _ in range(2)]
        assert [one["event"]["type"] for one in seen] == ["job.scheduled", "job.claimed"]
        assert len({one["cursor"] for one in seen}) == 2
