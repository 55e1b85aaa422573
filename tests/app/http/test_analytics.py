"""Figures as a file: true, of one workspace, streamed, and refused with what to do."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from app.domain.figures import rows
from app.domain.keys.model import Scope
from app.flows.figures import export
from app.http.analytics import routes
from schema.node import encode
from tests.app.flows.figures.desk import Desk
from tests.fixtures.graph import Graph, Key, graph, live_world, other_graph
from tests.fixtures.world import now

__all__ = ["graph", "live_world", "other_graph"]

SPAN = {"from": (now() - timedelta(days=3)).isoformat(), "to": (now() + timedelta(hours=1)).isoformat()}


@pytest.fixture
async def http(graph: Graph) -> AsyncIterator[httpx2.AsyncClient]:
    app = Starlette(routes=routes(graph.world.rt))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://postd.test") as client:
        yield client


async def get(http: httpx2.AsyncClient, key: Key, form: str = "csv", **asked: Any) -> httpx2.Response:
    return await http.get(f"/analytics.{form}", params=SPAN | asked, headers={"authorization": key.bearer})


async def test_each_post_is_a_row_and_what_is_not_given_is_empty(
    graph: Graph, other_graph: Graph, http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (rows, export):
        monkeypatch.setattr(module, "PAGE", 2)
    desk = await Desk.of(graph.world)
    made = [await desk.out(ago=timedelta(hours=2), figures={"likes": likes, "reach": 10}) for likes in (3, 0, 5)]
    await graph.world.update("posts", made[0].post_id, labels=["=cmd", "b"])
    await desk.look()
    answer = await get(http, graph.key)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert answer.headers["cache-control"] == "no-store"
    found = {row["jobId"]: row for row in csv.DictReader(io.StringIO(answer.text))}
    assert set(found) == {str(job.id) for job in made}
    first = found[str(made[0].id)]
    assert (first["likes"], first["reach"], first["comments"], first["complete"]) == ("3", "10", "", "true")
    assert first["labels"] == "'=cmd, b"
    assert [found[str(job.id)]["likes"] for job in made] == ["3", "0", "5"]
    told = (await get(http, graph.key, "json")).json()
    assert sorted(one["likes"] for one in told) == [0, 3, 5]
    assert {one["comments"] for one in told} == {None}
    own = encode("Connection", desk.connection.id)
    assert len((await get(http, graph.key, "json", connection=own)).json()) == 3
    assert (await get(http, graph.key, "json", platform="bluesky")).json() == []
    assert (await get(http, other_graph.key, "json")).json() == []


async def test_without_the_right_nothing_is_told(graph: Graph, http: httpx2.AsyncClient) -> None:
    nobody = await http.get("/analytics.csv", params=SPAN)
    assert (nobody.status_code, nobody.json()["code"]) == (401, "UNAUTHENTICATED")
    assert nobody.headers["www-authenticate"] == "Bearer"
    writer = await graph.new_key([Scope.WRITE_POSTS])
    refused = await get(http, writer)
    assert (refused.status_code, refused.json()["code"]) == (403, "FORBIDDEN")


@pytest.mark.parametrize(
    ("asked", "word"),
    [({"from": "yesterday"}, "`from`"), ({"to": "2026-11-01"}, "`to`"), ({"to": SPAN["from"]}, "`from` must be")],
)
async def test_a_span_that_is_none_is_refused(
    graph: Graph, http: httpx2.AsyncClient, asked: dict[str, str], word: str
) -> None:
    answer = await get(http, graph.key, **asked)
    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_INPUT")
    assert word in answer.json()["hint"]
