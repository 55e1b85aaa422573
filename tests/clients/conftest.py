"""What these tests share: a served API, a workspace with posts in it, and a plain HTTP client with a key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from tests.fixtures.database import db, migrated_url, owner, template
from tests.fixtures.graph import Graph, graph, live_world, served
from tests.fixtures.world import World, world

__all__ = ["db", "graph", "live_world", "migrated_url", "owner", "template", "world"]


@dataclass
class Client:
    """A program that has an address and a key, and nothing else."""

    http: httpx2.AsyncClient
    url: str
    bearer: str = field(repr=False)
    graph: Graph = field(repr=False)

    @property
    def world(self) -> World:
        return self.graph.world

    @property
    def socket_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    async def post(self, body: Any, **headers: str) -> httpx2.Response:
        """A POST with this body as JSON, or as it is where it is bytes."""
        given = {"authorization": self.bearer, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if isinstance(body, bytes):
            return await self.http.post(self.url, content=body, headers=given)
        return await self.http.post(self.url, json=body, headers=given)

    async def data(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of a question that is answered."""
        answer = (await self.post({"query": query, "variables": variables})).json()
        assert "errors" not in answer, answer
        found: dict[str, Any] = answer["data"]
        return found


@pytest.fixture
async def client(graph: Graph) -> AsyncIterator[Client]:
    """Give a client of a served API."""
    async with served(graph.app) as address, httpx2.AsyncClient(timeout=20) as http:
        yield Client(http, address.replace("ws", "http", 1), graph.key.bearer, graph)
