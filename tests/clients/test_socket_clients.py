"""Clients of sockets and streams: graphql-ws, gql, and server-sent events as graphql-sse asks for them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from app.services.events import latest
from schema.events import cursor_of
from tests.clients.conftest import Client
from tests.fixtures.world import now

EVENTS = "subscription Live($after: Cursor) { eventAdded(after: $after) { event { type } cursor } }"
ME = "{ viewer { tenant { name } } }"


class Socket:
    """A socket of graphql-ws: one connection, many operations."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def say(self, **message: Any) -> None:
        await self._connection.send(json.dumps(message))

    async def hear(self) -> dict[str, Any]:
        async with asyncio.timeout(20):
            found: dict[str, Any] = json.loads(await self._connection.recv())
        return found

    async def ask(self, name: str, query: str, **more: Any) -> None:
        await self.say(id=name, type="subscribe", payload={"query": query, **more})


@asynccontextmanager
async def opened(client: Client, **payload: Any) -> AsyncIterator[Socket]:
    """A socket that was greeted."""
    protocols = [Subprotocol("graphql-transport-ws")]
    async with connect(client.socket_url, subprotocols=protocols) as connection:
        socket = Socket(connection)
        await socket.say(type="connection_init", payload={"authorization": client.bearer, **payload})
        assert await socket.hear() == {"type": "connection_ack"}
        yield socket


async def test_graphql_ws_keeps_the_connection_alive(client: Client) -> None:
    async with opened(client) as socket:
        await socket.say(type="ping")
        assert (await socket.hear())["type"] == "pong"
        await socket.say(type="ping", payload={"at": 1})
        assert (await socket.hear())["type"] == "pong"
        await socket.say(type="pong")
        await socket.say(type="pong", payload=None)
        await socket.ask("1", ME)
        assert (await socket.hear())["type"] == "next"


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
async def test_the_key_is_found_under_the_name_of_the_header(client: Client, name: str) -> None:
    protocols = [Subprotocol("graphql-transport-ws")]
    async with connect(client.socket_url, subprotocols=protocols) as connection:
        socket = Socket(connection)
        payload = {name: client.bearer, "headers": {"x": "y"}, "apollographql-client-name": "web", "nothing": None}
        await socket.say(type="connection_init", payload=payload)
        assert await socket.hear() == {"type": "connection_ack"}


async def test_a_question_is_answered_and_completed(client: Client) -> None:
    async with opened(client) as socket:
        await socket.ask("a", ME, operationName=None, variables=None, extensions=None)
        answer = await socket.hear()
        assert answer == {"id": "a", "type": "next", "payload": {"data": {"viewer": {"tenant": {"name": "Tests"}}}}}
        assert await socket.hear() == {"id": "a", "type": "complete"}
        await socket.ask("a", ME)  # an id that was completed is free again
        assert (await socket.hear())["id"] == "a"


async def test_several_operations_share_a_socket(client: Client) -> None:
    async with opened(client) as socket:
        for name in ("one", "two"):
            await socket.ask(name, EVENTS, variables={"after": cursor_of(client.world.tenant, 0)}, operationName="Live")
        first = [await socket.hear() for _ in range(2)]
        assert sorted(message["id"] for message in first) == ["one", "two"]
        await socket.ask("three", ME)
        seen = [await socket.hear(), await socket.hear()]
        assert [(message["id"], message["type"]) for message in seen] == [("three", "next"), ("three", "complete")]
        await socket.say(id="one", type="complete")
        await socket.ask("four", ME)  # what comes before its answer was on its way already
        while (await socket.hear()) != {"id": "four", "type": "complete"}:
            pass
        await client.world.connection()
        message = await socket.hear()
        assert (message["id"], message["payload"]["data"]["eventAdded"]["event"]["type"]) == (
            "two",
            "connection.connected",
        )


async def test_a_mistake_is_an_error_frame_and_the_socket_lives(client: Client) -> None:
    async with opened(client) as socket:
        for name, query in (("1", "{ nothing }"), ("2", "subscription {"), ("3", "subscription { eventAdded }")):
            await socket.ask(name, query)
            message = await socket.hear()
            assert (message["id"], message["type"]) == (name, "error")
            assert all({"message", "extensions"} <= set(error) for error in message["payload"])
        await socket.ask("4", ME)
        assert (await socket.hear())["type"] == "next"


async def test_a_variable_of_a_wrong_type_is_an_error_frame(client: Client) -> None:
    async with opened(client) as socket:
        await socket.ask("1", EVENTS, variables={"after": 5})
        message = await socket.hear()
        assert (message["id"], message["type"]) in {("1", "error"), ("1", "next")}
        errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
        assert errors[0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_a_client_that_comes_back_resumes_by_its_cursor(client: Client) -> None:
    async with opened(client) as socket:
        await socket.ask("1", EVENTS, variables={"after": cursor_of(client.world.tenant, 0)})
        cursor = (await socket.hear())["payload"]["data"]["eventAdded"]["cursor"]
    await client.world.connection()
    await client.world.job(now=now())
    async with client.world.db.read(client.world.tenant) as session:
        last = await latest(session)
    seen: list[str] = []
    async with opened(client) as socket:
        await socket.ask("1", EVENTS, variables={"after": cursor})
        while not seen or seen[-1] != cursor_of(client.world.tenant, last):
            seen.append((await socket.hear())["payload"]["data"]["eventAdded"]["cursor"])
    assert seen == [cursor_of(client.world.tenant, number) for number in range(2, last + 1)]


async def events(client: Client, query: str, wanted: int, **variables: Any) -> list[tuple[str, Any]]:
    """The first server-sent events: name and data."""
    headers = {"authorization": client.bearer, "accept": "text/event-stream"}
    body = {"query": query, "variables": variables}
    found: list[tuple[str, Any]] = []
    name = ""
    async with client.http.stream("POST", client.url, json=body, headers=headers) as stream:
        assert stream.status_code == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert "no-cache" in stream.headers["cache-control"] or "no-store" in stream.headers["cache-control"]
        async for line in stream.aiter_lines():
            if line.startswith("event:"):
                name = line.removeprefix("event:").strip()
            elif line.startswith("data:"):
                data = line.removeprefix("data:").strip()
                found.append((name, json.loads(data) if data else None))
                if len(found) == wanted:
                    break
    return found


async def test_graphql_sse_follows_a_subscription(client: Client) -> None:
    ((name, data),) = await events(client, EVENTS, 1, after=cursor_of(client.world.tenant, 0))
    assert (name, data["data"]["eventAdded"]["event"]["type"]) == ("next", "key.created")


async def test_graphql_sse_asks_a_question_and_is_told_its_end(client: Client) -> None:
    found = await events(client, ME, 2)
    assert [name for name, _ in found] == ["next", "complete"]
    assert found[0][1] == {"data": {"viewer": {"tenant": {"name": "Tests"}}}}


async def test_graphql_sse_is_told_what_is_wrong(client: Client) -> None:
    headers = {"authorization": client.bearer, "accept": "text/event-stream"}
    answer = await client.http.post(client.url, json={"query": "subscription { nothing }"}, headers=headers)
    assert "GRAPHQL_VALIDATION_FAILED" in answer.text
    refused = await client.http.post(client.url, json={"query": EVENTS}, headers={**headers, "authorization": "x"})
    assert refused.status_code == 401


async def test_a_subscription_by_plain_http_is_told_where_to_go(client: Client) -> None:
    answer = await client.post({"query": EVENTS}, accept="application/json")
    assert answer.status_code < 500, answer.text
    assert "eventAdded" not in json.dumps(answer.json().get("data")) if answer.status_code == 200 else True
