"""Subscribers that would get the same answers share one execution, and are told just what they would be told alone."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest

from app import graphql_socket
from app.actions.jobs.cancel import cancel
from app.domain.keys.model import Scope
from app.domain.keys.principal import Principal
from app.flows.live import feed
from app.services import events
from resolvers import sharing
from resolvers.alike import asked_of
from resolvers.context import Context
from schema.node import encode
from tests.fixtures.graph import Graph, Socket, until
from tests.fixtures.world import now

JOBS = """
subscription Jobs($filter: JobFilter, $after: Cursor) {
  jobUpdated(filter: $filter, after: $after) {
    cursor caughtUp event { type cursor } job { id state post { id state labels } connection { account { handle } } }
  }
}
"""
EVENTS = "subscription($after: Cursor) { eventAdded(after: $after) { event { type } cursor } }"


def streams(graph: Graph) -> int:
    """How many executions run for subscribers that have caught up."""
    return len(graph.app.app.sharing)


def readers(graph: Graph) -> int:
    """How many subscribers read them."""
    return sum(len(stream.readers) for stream, _ in graph.app.app.sharing._streams.values())


async def note(graph: Graph, *types: str) -> None:
    """Write events into the workspace's log."""
    async with graph.world.db.transaction(graph.world.tenant) as session:
        for kind in types:
            events.record(session, events.Event(kind, "tests", graph.world.tenant))


async def told(socket: Socket, count: int) -> list[Any]:
    return [(await socket.data())["eventAdded"] for _ in range(count)]


async def test_they_are_told_what_they_would_be_told_alone(
    graph: Graph, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [await graph.world.job(now=now() + timedelta(hours=1)) for _ in range(3)]
    async with graph.socket(url) as alone, graph.socket(url) as first, graph.socket(url) as second:
        with monkeypatch.context() as patched:
            patched.setattr(graphql_socket, "asked_of", lambda *_: None)
            await alone.subscribe(JOBS)
            state = [await alone.receive() for _ in jobs]
        for socket in (first, second):
            await socket.subscribe(JOBS)
            assert [await socket.receive() for _ in jobs] == state
        await until(lambda: readers(graph) == 2)
        assert streams(graph) == 1
        for job in jobs:  # one by one, or where each has caught up would be a matter of luck
            async with graph.world.db.transaction(graph.world.tenant) as session:
                await cancel(session, job.id)
            seen = [await socket.receive() for socket in (alone, first, second)]
            assert seen[0]["payload"]["data"]["jobUpdated"]["job"]["state"] == "CANCELLED"
            assert seen[1:] == [seen[0], seen[0]]


async def test_other_questions_and_other_rights_are_answered_apart(graph: Graph, url: str) -> None:
    reader = await graph.new_key([Scope.READ])
    async with graph.socket(url) as socket, graph.socket(url, reader) as lesser:
        await socket.subscribe(EVENTS)
        await socket.subscribe(EVENTS.replace("cursor }", "cursor cursor }"))
        await socket.subscribe(JOBS, {"filter": {"states": ["PUBLISHED"]}})
        await socket.subscribe(JOBS, {"filter": {"states": ["FAILED"]}})
        await lesser.subscribe(EVENTS)
        await until(lambda: readers(graph) == 5)
        assert streams(graph) == 5


async def test_where_each_resumes_is_no_difference(graph: Graph, url: str) -> None:
    await note(graph, "one", "two", "three")
    async with graph.socket(url) as whole, graph.socket(url) as part, graph.socket(url) as fresh:
        newest = (await graph.ask("{ events(first: 100) { edges { cursor } } }"))["events"]["edges"]
        await whole.subscribe(EVENTS, {"after": newest[-3]["cursor"]})
        await part.subscribe(EVENTS, {"after": newest[-2]["cursor"]})
        await fresh.subscribe(EVENTS)
        assert [one["event"]["type"] for one in await told(whole, 2)] == ["two", "three"]
        assert [one["event"]["type"] for one in await told(part, 1)] == ["three"]
        await until(lambda: readers(graph) == 3)
        assert streams(graph) == 1
        await note(graph, "four", "five")
        for socket in (whole, part, fresh):
            assert [one["event"]["type"] for one in await told(socket, 2)] == ["four", "five"]


async def test_who_comes_back_is_told_what_was_missed_without_executing_it_again(
    graph: Graph, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await note(graph, *(f"event.{number}" for number in range(5)))
    newest = (await graph.ask("{ events(first: 100) { edges { cursor } } }"))["events"]["edges"]
    read: list[int] = []
    follow = feed._next

    async def watched(rt: Any, tenant: Any, topic: Any, seq: int) -> Any:
        read.append(seq)
        return await follow(rt, tenant, topic, seq)

    monkeypatch.setattr(feed, "_next", watched)
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(graph.socket(url)) for _ in range(6)]
        for socket in sockets:
            await socket.subscribe(EVENTS, {"after": newest[-6]["cursor"]})
            assert [one["event"]["type"] for one in await told(socket, 5)] == [f"event.{n}" for n in range(5)]
    first = read[0]
    assert read.count(first) == 1, "one execution for all six"


async def test_who_comes_back_from_far_reads_the_log_by_itself(
    graph: Graph, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "SPARE", 3)
    await note(graph, *(f"event.{number}" for number in range(8)))
    newest = (await graph.ask("{ events(first: 100) { edges { cursor } } }"))["events"]["edges"]
    async with graph.socket(url) as near, graph.socket(url) as far:
        await near.subscribe(EVENTS, {"after": newest[-3]["cursor"]})
        await until(lambda: readers(graph) == 1)
        await far.subscribe(EVENTS, {"after": newest[-9]["cursor"]})
        assert [one["event"]["type"] for one in await told(near, 2)] == ["event.6", "event.7"]
        assert [one["event"]["type"] for one in await told(far, 8)] == [f"event.{n}" for n in range(8)]
        await until(lambda: readers(graph) == 2)
        await note(graph, "afterwards")
        for socket in (near, far):
            assert [one["event"]["type"] for one in await told(socket, 1)] == ["afterwards"]


async def test_a_reader_that_is_ahead_of_its_stream_is_told_nothing_twice() -> None:
    stream, reader, heard = sharing.Stream(5), sharing.Reader(7), []
    stream.readers.add(reader)

    def tell(told: sharing.Told) -> bool:
        heard.append(told.seq)
        return True

    telling = asyncio.create_task(stream.tell_at_once(reader, tell))
    await asyncio.sleep(0)
    for seq in (6, 7, 8):
        stream._keep(sharing.Told(seq, b"{}"))
    stream.end()
    await telling
    assert (heard, reader.seq) == ([8], 8)


def test_what_all_have_passed_is_kept_for_those_who_come_back_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "SPARE", 4)
    monkeypatch.setattr(sharing, "TIDY", 1)
    monkeypatch.setattr(sharing, "KEPT", 10)
    stream, slow = sharing.Stream(0), sharing.Reader(100)
    stream.readers.add(slow)
    for seq in range(1, 9):
        stream._keep(sharing.Told(seq, b"{}"))
    assert (stream.reaches(3), stream.reaches(4)) == (False, True)
    slow.seq = 4
    for seq in range(9, 13):
        stream._keep(sharing.Told(seq, b"{}"))
    assert [one.seq for one in stream.behind(slow)] == list(range(5, 13))
    for seq in range(13, 31):
        stream._keep(sharing.Told(seq, b"{}"))
    assert not stream.reaches(slow.seq)


async def test_the_end_of_the_first_ones_key_does_not_end_the_others(graph: Graph, url: str) -> None:
    doomed = await graph.new_key()
    async with graph.socket(url, doomed) as first, graph.socket(url) as second:
        await first.subscribe(EVENTS)
        await until(lambda: readers(graph) == 1)
        await second.subscribe(EVENTS)
        await until(lambda: readers(graph) == 2)
        await graph.do("revokeApiKey", "... on ApiKeyRevoked { key { id } }", keyId=_id(doomed))
        assert (await first.closed())[0] == 4403
        await note(graph, "afterwards")
        kinds = [one["event"]["type"] for one in await told(second, 2)]
        assert kinds == ["key.revoked", "afterwards"]


def _id(key: Any) -> str:
    return encode("ApiKey", key.row.id)


async def test_the_last_one_to_leave_ends_the_stream(graph: Graph, url: str) -> None:
    async with graph.socket(url) as stays:
        name = await stays.subscribe(EVENTS)
        async with graph.socket(url) as leaves:
            await leaves.subscribe(EVENTS)
            await until(lambda: readers(graph) == 2)
        await until(lambda: readers(graph) == 1)
        await stays.send(id=name, type="complete")
        await until(lambda: streams(graph) == 0)
        await until(lambda: not graph.world.rt.bus._watches)


async def test_readers_of_a_stream_that_ends_go_on_with_nothing_missed_and_nothing_twice(
    graph: Graph, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graphql_socket, "SPREAD", 0.01)
    async with graph.socket(url) as one, graph.socket(url) as two:
        for socket in (one, two):
            await socket.subscribe(EVENTS)
        await until(lambda: readers(graph) == 2)
        for number in range(5):
            await note(graph, f"before.{number}")
            for _, task in graph.app.app.sharing._streams.values():
                task.cancel()
            await note(graph, f"after.{number}")
        expected = [f"{when}.{number}" for number in range(5) for when in ("before", "after")]
        for socket in (one, two):
            assert [message["event"]["type"] for message in await told(socket, 10)] == expected


async def test_one_who_is_too_late_for_the_stream_reads_the_log(
    graph: Graph, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "TIDY", 1)
    monkeypatch.setattr(sharing, "KEPT", 2)
    monkeypatch.setattr(sharing, "SPARE", 0)
    monkeypatch.setattr(graphql_socket, "SPREAD", 0.01)
    async with graph.socket(url) as socket, graph.socket(url) as other:
        for one in (socket, other):
            await one.subscribe(EVENTS)
        await until(lambda: readers(graph) == 2)
        await note(graph, *(f"event.{number}" for number in range(50)))
        for one in (socket, other):
            assert [message["event"]["type"] for message in await told(one, 50)] == [f"event.{n}" for n in range(50)]


async def test_a_reader_of_a_quiet_stream_stays_inside_of_what_is_kept_of_the_log(graph: Graph, url: str) -> None:
    """Events that a subscriber is not told move it on all the same, or a long silence would cost it its cursor."""
    async with graph.socket(url) as socket:
        await socket.subscribe(JOBS)
        await until(lambda: readers(graph) == 1)
        await note(graph, "one", "two", "three")
        ((stream, _),) = graph.app.app.sharing._streams.values()
        newest = await graph.world.owner.fetchval("SELECT event_seq FROM tenants WHERE id = $1", graph.world.tenant)
        await until(lambda: stream.course.settled == newest)
        (reader,) = stream.readers
        assert (list(stream.behind(reader)), reader.seq) == ([], newest)


@pytest.mark.parametrize(
    ("document", "variables", "shared"),
    [
        (EVENTS, {"after": "x"}, b"{}"),
        (EVENTS.replace("$after", "$at"), {"at": "x"}, b"{}"),
        ('subscription { eventAdded(after: "x") { cursor } }', None, b"{}"),
        # The variable says more than where to begin: it stays.
        (
            "subscription($a: Cursor) { eventAdded(after: $a) { cursor @include(if: $a) } }",
            {"a": "x"},
            b'{"a":"x"}',
        ),
    ],
)
async def test_the_cursor_is_left_out_of_what_is_compared(
    graph: Graph, document: str, variables: dict[str, Any] | None, shared: bytes
) -> None:
    asked = asked_of(_context(graph), document, variables, None)
    assert asked is not None
    assert asked.variables == shared


@pytest.mark.parametrize(
    "document",
    [
        "{ viewer { workspace { id } } }",
        "subscription { healthUpdated { version } }",
        "subscription { eventAdded { cursor } more: eventAdded { cursor } }",
        "subscription {",
        "",
    ],
)
async def test_what_does_not_follow_the_log_is_not_shared(graph: Graph, document: str) -> None:
    assert asked_of(_context(graph), document, None, None) is None


def _context(graph: Graph) -> Any:
    row = graph.key.row
    principal = Principal(row.id, row.tenant_id, "tests", frozenset(Scope), None, f"key:{row.id}", row.id)
    return Context(graph.world.rt, principal=principal)
