from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from app import graphql_socket
from app.domain.keys.model import Scope
from app.flows.live import feed, sessions
from schema.events import cursor_of
from schema.node import encode
from tests.fixtures.graph import Graph, Socket, until
from tests.fixtures.world import now

EVENTS = "subscription { eventAdded { event { type } cursor } }"


def opened(url: str, **options: Any) -> Any:
    return connect(url, subprotocols=["graphql-transport-ws"], **options)  # type: ignore[list-item]


async def test_a_key_that_opens_nothing_is_refused(url: str) -> None:
    async with opened(url) as connection:
        socket = Socket(connection)
        await socket.send(type="connection_init", payload={"authorization": "Bearer nonsense"})
        assert (await socket.closed())[0] == 4403


async def test_a_socket_that_says_nothing_is_closed(url: str, graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = graph.app.app
    monkeypatch.setattr(inner, "connection_init_wait_timeout", timedelta(seconds=0.05))
    async with opened(url) as connection:
        assert (await Socket(connection).closed())[0] == 4408


async def test_a_socket_that_asks_first_is_closed(url: str) -> None:
    async with opened(url) as connection:
        socket = Socket(connection)
        await socket.subscribe(EVENTS)
        assert (await socket.closed())[0] == 4401


async def test_the_old_protocol_is_refused(url: str) -> None:
    async with connect(url, subprotocols=["graphql-ws"]) as connection:  # type: ignore[list-item]
        assert (await Socket(connection).closed())[0] == 4406


async def test_a_page_of_another_origin_is_refused(url: str) -> None:
    with pytest.raises(InvalidStatus):
        async with opened(url, origin="https://evil.example"):
            pass


async def test_a_revoked_key_closes_its_sockets_and_no_others(graph: Graph, url: str) -> None:
    doomed = await graph.new_key()
    revoke = "mutation($id: ID!) { revokeApiKey(input: { keyId: $id }) { __typename } }"
    async with graph.socket(url, doomed) as socket, graph.socket(url) as other:
        await socket.subscribe(EVENTS)
        answer = await graph.ask(revoke, id=encode("ApiKey", doomed.row.id))
        assert answer["revokeApiKey"]["__typename"] == "ApiKeyRevoked"
        assert await socket.closed() == (4403, sessions.REVOKED)
        await other.send(type="ping")
        assert await other.receive() == {"type": "pong"}


async def test_an_expired_key_closes_its_sockets(graph: Graph, url: str) -> None:
    short = await graph.new_key(expires_at=now() + timedelta(seconds=0.5))
    async with graph.socket(url, short) as socket:
        assert await socket.closed() == (4403, sessions.EXPIRED)


async def test_missed_messages_make_every_key_be_looked_at(graph: Graph, url: str) -> None:
    doomed = await graph.new_key()
    async with graph.socket(url, doomed) as socket:
        await graph.world.update("api_keys", doomed.row.id, revoked_at=now())
        graph.app.app._sessions._revoked(None)
        assert await socket.closed() == (4403, sessions.REVOKED)


async def test_a_broken_feed_closes_with_try_again(graph: Graph, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: Any) -> Any:
        raise RuntimeError("the database is gone")

    monkeypatch.setattr(feed, "_begin", fail)
    async with graph.socket(url) as socket:
        await socket.subscribe(EVENTS)
        assert (await socket.closed())[0] == 1013


async def test_no_key_holds_more_sockets_than_it_may(graph: Graph, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = graph.world.rt.settings.model_copy(update={"key_sockets": 1})
    monkeypatch.setattr(graph.app.app._sessions, "_rt", replace(graph.world.rt, settings=narrow))
    async with graph.socket(url), opened(url) as connection:
        socket = Socket(connection)
        await socket.send(type="connection_init", payload={"authorization": graph.key.bearer})
        assert (await socket.closed())[0] == 1013
    assert await emptied(graph)


async def emptied(graph: Graph) -> bool:
    """Whether every socket is let go of in the end."""
    edge = graph.app.app
    await until(lambda: not len(edge._sessions) and not len(edge.sharing) and not graph.world.rt.bus._watches)
    return True


async def test_a_closed_socket_leaves_nothing_behind(graph: Graph, url: str) -> None:
    async with graph.socket(url) as socket:
        for _ in range(3):
            await socket.subscribe(EVENTS)
        await until(lambda: len(graph.app.app.sharing) == 1)
    assert await emptied(graph)


async def test_a_client_that_does_not_read_is_given_up(graph: Graph, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphql_socket, "DRAIN", 0.2)
    await graph.world.owner.execute(
        "INSERT INTO events (tenant_id, seq, at, type, subject_kind, subject_id, actor, changes) "
        "SELECT $1, n, now(), 'tests', 'none', $1, 'tests', jsonb_build_object('text', repeat('x', 60000)) "
        "FROM generate_series(1001, 1400) AS n",
        graph.world.tenant,
    )
    await graph.world.owner.execute("DELETE FROM events WHERE tenant_id = $1 AND seq < 1001", graph.world.tenant)
    await graph.world.update("tenants", graph.world.tenant, event_seq=1400)
    query = "subscription($after: Cursor) { eventAdded(after: $after) { event { changes { value } } } }"
    async with opened(url, max_queue=1, close_timeout=0.1) as connection:
        socket = Socket(connection)
        await socket.send(type="connection_init", payload={"authorization": graph.key.bearer})
        await socket.receive()
        await socket.subscribe(query, {"after": cursor_of(graph.world.tenant, 1000)})
        assert await emptied(graph)


async def test_the_fifty_first_operation_is_refused(graph: Graph, url: str) -> None:
    async with graph.socket(url) as socket:
        names = [await socket.subscribe("subscription { eventAdded { cursor } }") for _ in range(51)]
        message = await socket.receive()
        assert (message["type"], message["id"]) == ("error", names[-1])
        (error,) = message["payload"]
        assert error["extensions"]["code"] == "TOO_MANY_OPERATIONS"
        assert error["extensions"]["hint"] == "Complete one first, or open another socket."
        assert error["extensions"]["requestId"]
        await socket.send(id=names[0], type="complete")
        again = await socket.subscribe("{ viewer { scopes } }")
        answer = await socket.receive()
        assert (answer["type"], answer["id"]) == ("next", again)


async def test_queries_and_mutations_are_guarded_on_sockets_too(graph: Graph, url: str) -> None:
    reader = await graph.new_key([Scope.READ])
    async with graph.socket(url, reader) as socket:
        await socket.subscribe('mutation { revokeApiKey(input: { keyId: "x" }) { __typename } }')
        message = await socket.receive()
        assert message["payload"]["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        await socket.receive()
        await socket.subscribe("{ " + " ".join(f"a{n}: __typename" for n in range(101)) + " }")
        message = await socket.receive()
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "OPERATION_TOO_LARGE")


async def test_what_goes_wrong_in_a_stream_is_masked(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: Any) -> Any:
        raise RuntimeError("postd-canary-secret")

    monkeypatch.setattr(feed, "_begin", fail)
    response = await graph.post({"query": EVENTS}, {"accept": "text/event-stream"})
    line = next(line for line in response.text.splitlines() if line.startswith("data: {"))
    (error,) = json.loads(line.removeprefix("data: "))["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert "postd-canary-secret" not in response.text


async def test_server_sent_events_carry_a_subscription(graph: Graph, url: str) -> None:
    address = url.replace("ws://", "http://")
    headers = {"authorization": graph.key.bearer, "accept": "text/event-stream"}
    body = {"query": "subscription($a: Cursor) { eventAdded(after: $a) { event { type } } }"}
    body["variables"] = {"a": cursor_of(graph.world.tenant, 0)}  # type: ignore[assignment]  # JSON
    async with httpx2.AsyncClient() as client, client.stream("POST", address, json=body, headers=headers) as stream:
        assert stream.headers["content-type"] == "text/event-stream"
        async for line in stream.aiter_lines():
            if line.startswith("data: {"):
                assert json.loads(line[6:])["data"]["eventAdded"]["event"]["type"] == "key.created"
                break
    assert await emptied(graph)
