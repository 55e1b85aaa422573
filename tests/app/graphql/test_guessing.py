"""Guessing credentials: counted by address and by the key that is aimed at; a right one always passes."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from websockets.asyncio.client import connect

from app.domain.keys.credentials import Credential, generate, parse
from app.flows.guessing import count_failure
from app.kernel import metrics
from connectors.secret import Secret
from tests.fixtures.graph import Graph, Key, Socket, graph_of

BURST = 3


def site() -> str:
    """An address that nobody else calls from."""
    return f"2001:db8:{secrets.randbelow(2**16):x}:{secrets.randbelow(2**16):x}::1"


@asynccontextmanager
async def guarded(graph: Graph, address: str) -> AsyncIterator[Graph]:
    settings = graph.world.rt.settings.model_copy(update={"guess_rate": 0.01, "guess_burst": BURST})
    async with graph_of(replace(graph.world, rt=replace(graph.world.rt, settings=settings)), address) as made:
        yield made


def wrong(key: Key | None = None) -> Key:
    """A key that opens nothing: made up, or with the public part of a real one."""
    made = generate()
    known = None if key is None else parse(key.presented)
    aimed = made if known is None else Credential(known.public_id, made.secret)
    return Key(None, aimed.presented().reveal())  # type: ignore[arg-type]  # there is no row


async def status(graph: Graph, by: Key) -> int:
    return (await graph.post({"query": "{ __typename }"}, by=by)).status_code


async def test_an_address_that_guesses_is_told_to_wait(graph: Graph) -> None:
    before = metrics.CREDENTIALS_REFUSED.labels("key")._value.get()
    async with guarded(graph, site()) as guard:
        assert [await status(guard, wrong()) for _ in range(BURST)] == [401] * BURST
        refused = await guard.post({"query": "{ __typename }"}, by=wrong())
        assert refused.status_code == 429
        assert 90 <= int(refused.headers["retry-after"]) <= 101
        assert refused.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
        assert await status(guard, guard.key) == 200
    assert metrics.CREDENTIALS_REFUSED.labels("key")._value.get() == before + BURST + 1


async def test_a_key_that_is_aimed_at_from_many_addresses_is_guarded_and_still_opens(graph: Graph) -> None:
    aimed = await graph.new_key()
    found = []
    for _ in range(BURST + 1):
        async with guarded(graph, site()) as guard:
            found.append(await status(guard, wrong(aimed)))
            assert await status(guard, aimed) == 200
    assert found == [401] * BURST + [429]


async def test_all_addresses_of_a_site_count_as_one(graph: Graph) -> None:
    address = site()
    async with guarded(graph, address) as guard, guarded(graph, f"{address}23") as neighbour:
        for _ in range(BURST):
            await status(guard, wrong())
        assert await status(neighbour, wrong()) == 429


@pytest.mark.parametrize("presented", ["", "Bearer", "Bearer "])
async def test_a_request_without_a_credential_is_no_guess(graph: Graph, presented: str) -> None:
    async with guarded(graph, site()) as guard:
        for _ in range(BURST + 1):
            assert not await count_failure(guard.world.rt, "192.0.2.1", Secret(presented))


async def test_where_the_caller_has_no_address_only_the_key_counts(graph: Graph) -> None:
    async with guarded(graph, "unix:") as guard:
        assert [await status(guard, wrong()) for _ in range(BURST + 1)] == [401] * (BURST + 1)


async def test_a_socket_that_guesses_is_told_to_come_later(
    graph: Graph, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def often(*_: object) -> timedelta:
        return timedelta(seconds=5)

    monkeypatch.setattr("app.graphql.count_failure", often)
    async with connect(url, subprotocols=["graphql-transport-ws"]) as connection:  # type: ignore[list-item]  # a new type of str
        socket = Socket(connection)
        await socket.send(type="connection_init", payload={"authorization": wrong().bearer})
        assert (await socket.closed())[0] == 1013
