"""Generated from the roots: every operation refuses a key without its scope, and every id of another workspace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLUnionType,
    get_named_type,
)

from app.domain.keys.model import Scope
from app.flows.identify import identify
from connectors.secret import Secret
from resolvers.api import SCHEMA
from resolvers.context import Context
from resolvers.roots import Mutation, Query, Subscription
from schema.node import encode
from tests.fixtures.graph import Graph
from tests.fixtures.world import now
from tests.security.test_foreign_ids import fingerprint

CORE = SCHEMA._schema
ROOTS = {
    "query": (Query, CORE.query_type),
    "mutation": (Mutation, CORE.mutation_type),
    "subscription": (Subscription, CORE.subscription_type),
}
VALUES = {"String": "x", "ID": "x", "Int": 1, "Float": 1.5, "Boolean": True, "URL": "https://example.org/"}
VALUES |= {"DateTime": "2030-01-01T00:00:00Z", "LocalDateTime": "2030-01-01T00:00", "TimeZone": "UTC", "Cursor": "x"}


def fields(kind: str) -> Iterator[tuple[str, str, GraphQLField, Scope]]:
    python, core = ROOTS[kind]
    assert core is not None
    for field in python.__strawberry_definition__.fields:  # type: ignore[attr-defined]  # set by strawberry
        name = SCHEMA.config.name_converter.get_graphql_name(field)
        if field.metadata["scope"] is not None:  # what is open to strangers stands in test_people.py
            yield kind, name, core.fields[name], field.metadata["scope"]


def sample(kind: Any, ids: str) -> Any:
    """A value that fits an input type; every id is `ids`."""
    if isinstance(kind, GraphQLNonNull):
        return sample(kind.of_type, ids)
    if isinstance(kind, GraphQLList):
        return [sample(kind.of_type, ids)]
    if isinstance(kind, GraphQLEnumType):
        return list(kind.values)[-1]
    if isinstance(kind, GraphQLInputObjectType):
        if kind.extensions["strawberry-definition"].is_one_of:
            name, field = next(iter(kind.fields.items()))
            return {name: sample(field.type, ids)}
        wanted = {name: field for name, field in kind.fields.items() if isinstance(field.type, GraphQLNonNull)}
        return {name: sample(field.type, ids) for name, field in wanted.items()}
    return ids if kind.name == "ID" else VALUES[kind.name]


def document(kind: str, name: str, field: GraphQLField, ids: str) -> tuple[str, dict[str, Any]]:
    """An operation that asks for one root field, with every argument that it needs."""
    needed = {key: given for key, given in field.args.items() if isinstance(given.type, GraphQLNonNull)}
    declared = ", ".join(f"${key}: {given.type}" for key, given in needed.items())
    passed = ", ".join(f"{key}: ${key}" for key in needed)
    head = f"{kind}({declared})" if declared else kind
    call = f"{name}({passed})" if passed else name
    leaf = (
        "__typename ... on UserError { code message }"
        if isinstance(get_named_type(field.type), GraphQLUnionType)
        else ""
    )
    text = f"{head} {{ {call} {{ {leaf or '__typename'} }} }}"
    return text, {key: sample(given.type, ids) for key, given in needed.items()}


EVERY = [*fields("query"), *fields("mutation")]


@pytest.mark.parametrize("lacking", list(Scope))
async def test_a_key_without_the_scope_is_refused(graph: Graph, lacking: Scope) -> None:
    weak = await graph.new_key([one for one in Scope if one is not lacking])
    before, wrong = await fingerprint(graph.world.owner, [graph.world.tenant]), []
    for kind, name, field, scope in EVERY:
        if scope is not lacking:
            continue
        text, variables = document(kind, name, field, "x")
        # As a body: a field may have arguments of the names that the fixture has.
        (error,) = (await graph.post({"query": text, "variables": variables}, by=weak)).json()["errors"]
        if (error["extensions"]["code"], error["path"]) != ("FORBIDDEN", [name]) or scope.value not in error["message"]:
            wrong.append((name, error))
    assert wrong == []
    assert await fingerprint(graph.world.owner, [graph.world.tenant]) == before


async def test_a_key_without_the_scope_follows_nothing(graph: Graph) -> None:
    weak = await graph.new_key([one for one in Scope if one is not Scope.READ])
    context = Context(graph.world.rt, principal=await identify(graph.world.rt, Secret(weak.bearer)))
    found = {}
    for _, name, field, scope in fields("subscription"):
        text, variables = document("subscription", name, field, "x")
        stream: Any = await SCHEMA.subscribe(text, variables, context_value=context)
        async for answer in stream:
            (error,) = answer.errors
            found[name] = (scope, error.extensions["code"])
    assert set(found.values()) == {(Scope.READ, "FORBIDDEN")}
    assert len(found) == 5


def takes_ids(field: GraphQLField) -> bool:
    if "input" not in field.args:
        return False
    given = get_named_type(field.args["input"].type)
    assert isinstance(given, GraphQLInputObjectType)
    return any(str(one.type) == "ID!" for one in given.fields.values()) or "targets" in given.fields


WITH_IDS = [(name, field) for _, name, field, _ in fields("mutation") if takes_ids(field)]
KINDS = {"jobId": "Job", "postId": "Post", "connectionId": "Connection", "mediaId": "Media", "keyId": "ApiKey"}


@pytest.mark.parametrize(("name", "field"), WITH_IDS, ids=lambda value: value if isinstance(value, str) else "")
async def test_an_id_of_another_workspace_does_not_exist(
    graph: Graph, other_graph: Graph, name: str, field: GraphQLField
) -> None:
    job = await other_graph.world.job(now=now())
    ids: dict[str, UUID] = {"Job": job.id, "Post": job.post_id, "Connection": job.connection_id}
    ids |= {"ApiKey": other_graph.key.row.id, "Media": other_graph.key.row.id}
    before = await other_graph.world.types()
    given = get_named_type(field.args["input"].type)
    assert isinstance(given, GraphQLInputObjectType)
    kind = next((KINDS[one] for one in given.fields if one in KINDS), "Connection")
    text, variables = document("mutation", name, field, encode(kind, ids[kind]))
    answer = (await graph.ask(text, **variables))[name]
    if name == "selectAccounts":
        assert answer["__typename"] == "TicketInvalid"
    else:
        assert answer["__typename"] == "NotFound", answer
    assert await other_graph.world.types() == before


async def test_nodes_of_another_workspace_do_not_exist(graph: Graph, other_graph: Graph) -> None:
    job = await other_graph.world.job(now=now())
    ids = [
        encode("Job", job.id),
        encode("Post", job.post_id),
        encode("Connection", job.connection_id),
        encode("ApiKey", other_graph.key.row.id),
    ]
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert (await graph.ask(query, ids=ids))["nodes"] == [None] * 4
    assert [one["id"] for one in (await other_graph.ask(query, ids=ids))["nodes"]] == ids


async def test_lists_hold_nothing_of_another_workspace(graph: Graph, other_graph: Graph) -> None:
    job = await other_graph.world.job(now=now())
    query = """query($c: [ID!]) {
      jobs(filter: { connections: $c }) { totalCount } posts { totalCount } connections { totalCount }
      events { edges { node { type } } }
    }"""
    found = await graph.ask(query, c=[encode("Connection", job.connection_id)])
    assert [found[name]["totalCount"] for name in ("jobs", "posts", "connections")] == [0, 0, 0]
    assert {edge["node"]["type"] for edge in found["events"]["edges"]} == {"key.created"}
