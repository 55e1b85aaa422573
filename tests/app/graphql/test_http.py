from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from graphql import get_introspection_query

from app.domain.keys.model import Scope
from app.domain.tenants import queries as tenants
from app.graphql import MAX_BODY
from tests.fixtures.graph import Graph, Key, graph_of
from tests.fixtures.world import now

SECRET = "postd-canary-secret"


def bomb(levels: int) -> str:
    fragments = [f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels)]
    return " ".join(["{ ...F0 }", *fragments, f"fragment F{levels} on Query {{ __typename }}"])


PAYLOADS = {
    "aliases": "{ " + " ".join(f"a{n}: __typename" for n in range(101)) + " }",
    "fields": "{ " + "__typename " * 500 + "}",
    "depth": "{ posts { edges { node { jobs { post { jobs { post { jobs { post { jobs { id } } } } } } } } } } }",
    "cost": "{ posts(first: 100) { edges { node { jobs { post { jobs { post { jobs { id state } } } } } } } } }",
    "fragment bomb": bomb(60),
}


@pytest.mark.parametrize("name", PAYLOADS)
async def test_too_much_is_refused(graph: Graph, name: str) -> None:
    (error,) = (await graph.answer(PAYLOADS[name]))["errors"]
    assert error["extensions"]["code"] == "OPERATION_TOO_LARGE"
    assert error["extensions"]["hint"]


async def test_too_many_tokens_are_not_even_parsed(graph: Graph) -> None:
    assert await graph.code("{ " + "platforms { key } " * 400 + "}") == "GRAPHQL_PARSE_FAILED"


async def test_nesting_that_no_parser_survives_is_refused(graph: Graph) -> None:
    assert await graph.code("{" + "...{" * 300 + "__typename" + "}" * 301) == "GRAPHQL_PARSE_FAILED"


@pytest.mark.parametrize(
    ("query", "code", "hint"),
    [
        ("{ viewer { ", "GRAPHQL_PARSE_FAILED", "Correct the document at `locations`"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED", "Compare it with the schema"),
        ("query($id: ID!) { node(id: $id) { id } }", "GRAPHQL_VALIDATION_FAILED", "Compare it with the schema"),
        ("{ jobs(first: 1000) { totalCount } }", "INVALID_INPUT", "Ask for fewer"),
        ('{ jobs(after: "x") { totalCount } }', "BAD_CURSOR", "Start again without a cursor."),
    ],
)
async def test_every_error_says_what_to_do_next(graph: Graph, query: str, code: str, hint: str) -> None:
    (error,) = (await graph.answer(query))["errors"]
    assert error["extensions"]["code"] == code
    assert error["extensions"]["hint"].startswith(hint)


async def test_circular_fragments_are_refused(graph: Graph) -> None:
    query = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"
    assert await graph.code(query) == "GRAPHQL_VALIDATION_FAILED"


async def test_circular_introspection_is_refused(graph: Graph) -> None:
    query = "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }"
    assert await graph.code(query) == "GRAPHQL_VALIDATION_FAILED"


async def test_many_wrong_directives_give_few_errors(graph: Graph) -> None:
    answer = await graph.answer("{ __typename " + "@aa" * 10 + " }")
    assert len(answer["errors"]) == 5


async def test_a_large_page_costs_what_its_variable_says(graph: Graph) -> None:
    query = "query($n: Int) { posts(first: $n) { edges { node { jobs { attempts { fault { message hint } } } } } } }"
    assert "errors" not in await graph.answer(query, n=1)
    assert await graph.code(query, n=100) == "OPERATION_TOO_LARGE"


async def test_batches_are_refused(graph: Graph) -> None:
    response = await graph.post([{"query": "{ __typename }"}] * 10)
    assert response.status_code == 400


async def test_large_bodies_are_refused(graph: Graph) -> None:
    response = await graph.post(b" " * (MAX_BODY + 1))
    assert response.status_code == 413


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"])
async def test_simple_requests_of_foreign_pages_are_refused(graph: Graph, content_type: str) -> None:
    response = await graph.post(b"query=%7B__typename%7D", {"content-type": content_type})
    assert response.status_code == 400


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
async def test_only_post_is_answered(graph: Graph, method: str) -> None:
    response = await graph.http.request(method, "/graphql?query={__typename}")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert response.json()["errors"][0]["extensions"]["code"] == "METHOD_NOT_ALLOWED"


async def test_the_standard_introspection_is_answered(graph: Graph) -> None:
    found = await graph.ask(get_introspection_query(input_value_deprecation=True, specified_by_url=True))
    assert found["__schema"]["queryType"]["name"] == "Query"


async def test_without_a_key_nothing_is_told(graph: Graph) -> None:
    for headers in ({"authorization": ""}, {"authorization": "Bearer nonsense"}, {"authorization": "Basic YTpi"}):
        response = await graph.post({"query": "{ __schema { types { name } } }"}, headers)
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"
        assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_public_schema_is_shown_and_nothing_else(graph: Graph) -> None:
    settings = graph.world.rt.settings.model_copy(update={"public_schema": True})
    async with graph_of(replace(graph.world, rt=replace(graph.world.rt, settings=settings))) as public:
        request = {"query": "{ __schema { queryType { name } } }"}
        shown = await public.http.post("/graphql", json=request)
        assert shown.json() == {"data": {"__schema": {"queryType": {"name": "Query"}}}}
        refused = await public.http.post("/graphql", json={"query": "{ viewer { scopes } }"})
        assert refused.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("change", ["revoked_at", "expires_at"])
async def test_a_dead_key_is_answered_like_an_unknown_one(graph: Graph, change: str) -> None:
    dead, unknown = await graph.new_key(), Key(graph.key.row, graph.key.presented[:-1] + "x")
    await graph.world.update("api_keys", dead.row.id, **{change: now() - timedelta(seconds=1)})
    answers = [(await graph.post({"query": "{ __typename }"}, by=key)) for key in (dead, unknown)]
    assert [answer.status_code for answer in answers] == [401, 401]
    first, second = (answer.json()["errors"][0] for answer in answers)
    assert first["message"] == second["message"]


async def test_requests_above_the_rate_are_told_when_to_come_back(graph: Graph) -> None:
    settings = graph.world.rt.settings.model_copy(update={"key_rate": 0.5, "key_burst": 2})
    async with graph_of(replace(graph.world, rt=replace(graph.world.rt, settings=settings))) as slow:
        answers = [await slow.post({"query": "{ __typename }"}) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert int(answers[2].headers["retry-after"]) >= 1
        assert answers[2].json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"


async def break_viewer(*_: Any, **__: Any) -> Any:
    raise RuntimeError(SECRET)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenants, "own", break_viewer)


@pytest.mark.usefixtures("broken")
async def test_what_goes_wrong_inside_is_masked_and_has_an_id(graph: Graph) -> None:
    response = await graph.post({"query": "{ viewer { scopes } }"})
    assert SECRET not in response.text
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["extensions"]["requestId"] == response.headers["x-request-id"]
    assert error["path"] == ["viewer"]


async def test_a_slow_operation_is_stopped(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(*_: Any) -> Any:
        await asyncio.sleep(60)

    monkeypatch.setattr(tenants, "own", hang)
    settings = graph.world.rt.settings.model_copy(update={"operation_timeout": 0.05})
    async with graph_of(replace(graph.world, rt=replace(graph.world.rt, settings=settings))) as quick:
        assert await quick.code("{ viewer { scopes } }") == "OPERATION_TIMEOUT"


async def test_a_syntax_error_says_where(graph: Graph) -> None:
    (error,) = (await graph.answer("{ posts( }"))["errors"]
    assert error["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"
    assert error["locations"] == [{"line": 1, "column": 10}]


@pytest.mark.parametrize("value", ["2026-01-01T00:00:00", "2026-01-01", "tomorrow", 5, "2026-02-30T00:00:00Z"])
async def test_an_instant_without_an_offset_is_refused(graph: Graph, value: Any) -> None:
    query = "query($at: DateTime) { posts(filter: { dueFrom: $at }) { totalCount } }"
    assert await graph.code(query, at=value) == "GRAPHQL_VALIDATION_FAILED"


async def test_the_shown_key_is_read_and_may_read_only(graph: Graph) -> None:
    reader = await graph.new_key([Scope.READ])
    found = await graph.ask("{ viewer { tenant { name } key { name scopes expiresAt } scopes } }", by=reader)
    assert found["viewer"]["key"] == {"name": "tests", "scopes": ["READ"], "expiresAt": None}
    assert found["viewer"]["scopes"] == ["READ"]
