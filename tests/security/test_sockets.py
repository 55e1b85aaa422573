"""Sockets of somebody who does not keep to the protocol, beyond what the tests of the edge do."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from app import graphql as edge
from app.actions.keys.create import CreateKey
from app.actions.keys.create import create as create_key
from app.domain.keys.model import Scope
from tests.fixtures.site import Site

PROTOCOL = [Subprotocol("graphql-transport-ws")]
PLANNER = Origin("https://planner.example")


@pytest.fixture
async def key(site: Site) -> str:
    """Give a key of the workspace."""
    async with site.rt.db.transaction(site.tenant) as session:
        made = await create_key(session, CreateKey("tests", [Scope.READ], site.rt.clock.now(), "tests"))
    return made.presented.reveal()


def address(site: Site) -> str:
    return f"{site.url.replace('http', 'ws', 1)}/graphql"


async def say(socket: ClientConnection, *messages: Any) -> None:
    for message in messages:
        await socket.send(message if isinstance(message, str | bytes) else json.dumps(message))


async def end(socket: ClientConnection) -> tuple[int | None, list[Any]]:
    """The code with which the server ends it, and what it said before."""
    said = []
    try:
        async with asyncio.timeout(20):
            while True:
                said.append(json.loads(await socket.recv()))
    except ConnectionClosed:
        return socket.close_code, said


def init(key: str) -> dict[str, Any]:
    return {"type": "connection_init", "payload": {"authorization": f"Bearer {key}"}}


def subscribe(name: str, query: str = "subscription { eventAdded { cursor } }") -> dict[str, Any]:
    return {"id": name, "type": "subscribe", "payload": {"query": query}}


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        pytest.param(["{"], 4400, id="no JSON"),
        pytest.param(["[]"], 4400, id="no object"),
        pytest.param([{"type": "unknown"}], 4400, id="an unknown type"),
        pytest.param([{"type": "é" * 500}], 4400, id="a long unknown type"),
        pytest.param([{"type": 5}], 4400, id="a number as type"),
        pytest.param(["null"], 4400, id="null"),
        pytest.param(["[" * 100_000], 4400, id="deep"),
        pytest.param([{"type": "connection_init", "payload": "text"}], 4400, id="no payload"),
        pytest.param([b"{}"], 4400, id="bytes"),
        pytest.param([{"type": "connection_init"}], 4403, id="no key"),
        pytest.param([{"type": "connection_init", "payload": {"authorization": {"a": 1}}}], 4403, id="no text as key"),
        pytest.param(
            [{"type": "connection_init", "payload": {"authorization": "Bearer " + "x" * 9000}}], 4403, id="long"
        ),
        pytest.param(["x" * 300_000], 1009, id="too long a frame"),
    ],
)
async def test_what_is_no_greeting_ends_the_socket(site: Site, messages: list[Any], code: int) -> None:
    async with connect(address(site), subprotocols=PROTOCOL) as socket:
        await say(socket, *messages)
        found, said = await end(socket)
    assert (found, said) == (code, [])


async def test_a_key_in_the_address_or_a_header_opens_nothing(site: Site, key: str) -> None:
    url = f"{address(site)}?authorization=Bearer%20{key}&access_token={key}"
    headers = {"authorization": f"Bearer {key}"}
    async with connect(url, subprotocols=PROTOCOL, additional_headers=headers) as socket:
        await say(socket, {"type": "connection_init", "payload": {}})
        assert await end(socket) == (4403, [])
    assert key not in site.log.getvalue()


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        pytest.param([subscribe("1"), subscribe("1")], 4409, id="one id twice"),
        pytest.param([subscribe("1" * 500), subscribe("1" * 500)], 4409, id="one long id twice"),
        pytest.param([{**subscribe("1"), "id": [1]}], 4400, id="no text as id"),
        pytest.param([{**subscribe("1"), "id": {}}], 4400, id="an object as id"),
        pytest.param([{"id": {}, "type": "complete"}], 4400, id="an object as id of an end"),
        pytest.param([{"id": "1", "type": "subscribe", "payload": "x"}], 4400, id="text as payload"),
        pytest.param([{"id": "1", "type": "subscribe", "payload": {"query": 5}}], 4400, id="no text as document"),
        pytest.param(
            [{"id": "1", "type": "subscribe", "payload": {"query": "{ viewer { id } }", "variables": [1]}}],
            4400,
            id="a list as variables",
        ),
        pytest.param([{"id": "1", "type": "subscribe", "payload": {}}], 4400, id="no document"),
        pytest.param([{"id": "1", "type": "subscribe"}], 4400, id="no payload"),
        pytest.param(["{"], 4400, id="no JSON"),
    ],
)
async def test_what_is_no_message_ends_the_socket(site: Site, key: str, messages: list[Any], code: int) -> None:
    async with connect(address(site), subprotocols=PROTOCOL) as socket:
        await say(socket, init(key), *messages)
        assert (await end(socket))[0] == code
    assert '"event": "http.failed"' not in site.log.getvalue()


async def test_a_second_greeting_ends_the_socket(site: Site, key: str) -> None:
    async with connect(address(site), subprotocols=PROTOCOL) as socket:
        await say(socket, init(key), init(key))
        assert (await end(socket))[0] == 4429


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://planner.example", "https://planner.example.evil.example", "null"]
)
async def test_a_page_of_another_origin_gets_no_socket(site: Site, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        async with connect(address(site), subprotocols=PROTOCOL, origin=Origin(origin)):
            pass
    assert refusal.value.response.status_code == 403


@pytest.mark.parametrize("origin", [PLANNER, None])
async def test_a_page_of_an_allowed_origin_and_a_program_get_one(site: Site, key: str, origin: Origin | None) -> None:
    async with connect(address(site), subprotocols=PROTOCOL, origin=origin) as socket:
        await say(socket, init(key))
        assert json.loads(await socket.recv()) == {"type": "connection_ack"}


async def test_a_look_at_the_key_that_hangs_sends_the_client_away(
    site: Site, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(edge, "identify", hang)
    monkeypatch.setattr(edge, "INIT_TIMEOUT", edge.INIT_TIMEOUT / 100)
    async with connect(address(site), subprotocols=PROTOCOL) as socket:
        await say(socket, init(key), subscribe("1"))
        code, said = await end(socket)
    assert (code, said) == (1013, [])  # it may come again


async def test_one_workspaces_socket_says_nothing_of_a_key_that_ends(site: Site, key: str) -> None:
    async with connect(address(site), subprotocols=PROTOCOL) as socket:
        await say(socket, init(key + "x"))
        code, said = await end(socket)
    assert (code, said) == (4403, [])
    assert socket.close_reason == "Forbidden"
