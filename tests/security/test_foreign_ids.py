"""Every place of the schema that takes an id, asked with every kind of id of another workspace.

The matrix is made from the schema, so that a new argument is in it from its first day; feeds are asked in
test_foreign_feeds.py. The rule: a foreign id is answered like one that does not exist, and changes nothing on either
side.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
)

from app.services.events import latest
from resolvers.api import SCHEMA
from schema.node import encode
from tests.fixtures.graph import Graph, graph_of
from tests.fixtures.world import World, now

CORE = SCHEMA._schema
VALUES = {"String": "x", "Int": 1, "Boolean": True, "URL": "https://example.org/", "DateTime": "2031-01-01T00:00:00Z"}
VALUES |= {"LocalDateTime": "2031-01-01T00:00", "TimeZone": "UTC"}
Path = tuple[str, ...]
OWN = {"connectionId": "Connection", "postId": "Post", "jobId": "Job", "mediaId": "Media", "keyId": "ApiKey"}


@dataclass(frozen=True)
class Slot:
    """One place that takes an id: the root field, and the way through its arguments."""

    kind: str
    name: str
    path: Path

    def __str__(self) -> str:
        return f"{self.name}({'.'.join(self.path)})"

    @property
    def field(self) -> GraphQLField:
        roots = {"query": CORE.query_type, "mutation": CORE.mutation_type, "subscription": CORE.subscription_type}
        root = roots[self.kind]
        assert root is not None
        found: GraphQLField = root.fields[self.name]
        return found


def slots(kind: str, root: GraphQLObjectType | None) -> Iterator[Slot]:
    assert root is not None
    for name, field in root.fields.items():
        for argument, given in field.args.items():
            for path in id_paths(given.type, (argument,), frozenset()):
                yield Slot(kind, name, path)


def id_paths(kind: Any, path: Path, above: frozenset[str]) -> Iterator[Path]:
    named = get_named_type(kind)
    if named.name == "ID":
        yield path
    elif isinstance(named, GraphQLInputObjectType) and named.name not in above:
        for name, field in named.fields.items():
            yield from id_paths(field.type, (*path, name), above | {named.name})


EVERY = [*slots("query", CORE.query_type), *slots("mutation", CORE.mutation_type)]


def value(kind: Any, path: Path, wanted: str, own: dict[str, str]) -> Any:
    """A value of this type: the id at the end of `path` is `wanted`, every other one is the caller's own."""
    if isinstance(kind, GraphQLNonNull):
        return value(kind.of_type, path, wanted, own)
    if isinstance(kind, GraphQLList):
        return [value(kind.of_type, path, wanted, own)]
    if isinstance(kind, GraphQLEnumType):
        return list(kind.values)[-1]
    if isinstance(kind, GraphQLInputObjectType):
        # A text that is empty unless it is given stands beside the id as its alternative.
        needed = {n for n, f in kind.fields.items() if isinstance(f.type, GraphQLNonNull) and f.default_value != ""}
        chosen = needed | set(path[:1] if path and path[0] in kind.fields else ())
        if kind.extensions["strawberry-definition"].is_one_of and not chosen:
            chosen = {next(iter(kind.fields))}
        return {
            name: own.get(name, "")
            if get_named_type(kind.fields[name].type).name == "ID" and path[:1] != (name,)
            else value(kind.fields[name].type, path[1:] if path[:1] == (name,) else (), wanted, own)
            for name in sorted(chosen)
        }
    return wanted if kind.name == "ID" else VALUES[kind.name]


def operation(slot: Slot, wanted: str, own: dict[str, str]) -> tuple[str, dict[str, Any]]:
    field = slot.field
    passed = {
        name: value(given.type, slot.path[1:] if name == slot.path[0] else (), wanted, own)
        for name, given in field.args.items()
        if name == slot.path[0] or (isinstance(given.type, GraphQLNonNull) and name != "granularity" and name != "zone")
    }
    declared = ", ".join(f"${name}: {field.args[name].type}" for name in passed)
    call = ", ".join(f"{name}: ${name}" for name in passed)
    return f"{slot.kind}({declared}) {{ {slot.name}({call}) {{ {selection(field)} }} }}", passed


def of_many(union: GraphQLUnionType) -> bool:
    """Whether the mutation is about many jobs: a filter that holds a foreign id matches none of them."""
    return any("BulkResult" in {one.name for one in kind.interfaces} for kind in union.types)


def selection(field: GraphQLField) -> str:
    named = get_named_type(field.type)
    if isinstance(named, GraphQLUnionType):
        bulk = " ... on BulkResult { matched changed { at } refused { reason } }" if of_many(named) else ""
        return f"__typename ... on UserError {{ code message path hint }}{bulk}"
    if isinstance(named, GraphQLObjectType) and "totalCount" in named.fields:
        return "totalCount edges { node { id } }"
    if named.name == "Analytics":
        return "totals { scheduled parked published }"
    return (
        "id" if isinstance(named, GraphQLObjectType | GraphQLInterfaceType) and "id" in named.fields else "__typename"
    )


async def ids_of(graph: Graph) -> dict[str, UUID | int]:
    """One thing of every kind in a workspace."""
    world: World = graph.world
    job = await world.job(now=now())
    media = await world.owner.fetchval(
        "INSERT INTO media (id, tenant_id, state, filename, object_key, mime, kind, size, sha256) "
        "VALUES ($1, $2, 'ready', 'a.png', $3, 'image/png', 'image', 1, 'x') RETURNING id",
        uuid4(),
        world.tenant,
        f"{world.tenant}/{uuid4().hex}",
    )
    async with world.db.read(world.tenant) as session:
        event = await latest(session)
    return {
        "Job": job.id,
        "Post": job.post_id,
        "Connection": job.connection_id,
        "Media": media,
        "ApiKey": graph.key.row.id,
        "Event": event,
    }


async def out(graph: Graph) -> UUID:
    """A job of the caller's own that is published, so that nothing but the foreign id can be refused."""
    job_id = (await graph.world.job(now=now())).id
    await graph.world.owner.execute(
        "UPDATE jobs SET state = 'published', platform_ref = 'ref', published_at = now(), wake_at = NULL WHERE id = $1",
        job_id,
    )
    await graph.world.owner.execute("UPDATE job_parts SET platform_ref = 'ref' WHERE job_id = $1", job_id)
    return job_id


async def fingerprint(owner: asyncpg.Pool, tenants: Sequence[UUID]) -> str:
    """Every row of both workspaces; when a key was last used is told by any question, and may differ."""
    tables = await owner.fetch(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'tenant_id'"
    )
    parts = []
    for (table,) in sorted(tables):
        rows = await owner.fetch(
            f"SELECT (to_jsonb(t) - 'last_used_at')::text AS row FROM \"{table}\" t WHERE tenant_id = ANY($1)", tenants
        )
        parts += sorted(f"{table} {row['row']}" for row in rows)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def told(answer: dict[str, Any], *hidden: str) -> str:
    """An answer without what differs by design: the id that was asked for, and the request's own."""
    for error in answer.get("errors", ()):
        error["extensions"].pop("requestId", None)
    text = json.dumps(answer, sort_keys=True)
    for one in hidden:
        text = text.replace(one, "*")
    return text


def test_the_matrix_holds_every_kind_of_place() -> None:
    found = {str(slot) for slot in EVERY}
    assert found >= {
        "node(id)",
        "nodes(ids)",
        "jobs(filter.connections)",
        "schedulePost(input.targets.connectionId)",
        "schedulePost(input.content.media.mediaId)",
        "schedulePost(input.targets.content.thread.media.mediaId)",
        "selectAccounts(input.flowId)",
    }
    assert len(found) >= 30


REFUSALS = {"NotFound", "TicketInvalid", "InvalidContent", "PlatformRefused", "JobNotEditable"}
"""The last three: of a file that is named in the content of a post, of an edit, of an edit of a thread."""


@pytest.fixture
async def tireless(graph: Graph) -> AsyncIterator[Graph]:
    """Give the API that lets a key ask as often as the matrix is large."""
    settings = graph.world.rt.settings.model_copy(update={"key_burst": 100_000})
    async with graph_of(replace(graph.world, rt=replace(graph.world.rt, settings=settings))) as made:
        yield made


@pytest.mark.parametrize("kind", ["query", "mutation"])
async def test_a_foreign_id_is_one_that_does_not_exist(tireless: Graph, other_graph: Graph, kind: str) -> None:
    graph = tireless
    foreign, mine = await ids_of(other_graph), await ids_of(graph)
    own = {name: str(encode(word, mine[word])) for name, word in OWN.items()}
    tenants = [graph.world.tenant, other_graph.world.tenant]
    own["jobId"] = str(encode("Job", await out(graph)))
    before, wrong = await fingerprint(graph.world.owner, tenants), []
    for slot in EVERY:
        if slot.kind != kind:
            continue
        for word, key in foreign.items():
            if word == "Event" and slot.name in {"node", "nodes"}:
                continue  # numbered in each workspace: the same number is the caller's own, see below
            unknown = uuid4() if isinstance(key, UUID) else 2**40
            asked, made_up = id_for(slot, word, key), id_for(slot, word, unknown)
            answers = []
            for one in (asked, made_up):
                text, variables = operation(slot, one, own)
                answers.append((await graph.post({"query": text, "variables": variables})).json())
            alike = told(answers[0], asked, str(key)) == told(answers[1], made_up, str(unknown))
            if not alike or not is_nothing(slot, answers[0]):
                wrong.append((str(slot), word, answers))
        after = await fingerprint(graph.world.owner, tenants)
        if after != before:
            wrong.append((str(slot), "changed something", []))
            before = after
    assert wrong == []


def is_nothing(slot: Slot, answer: dict[str, Any]) -> bool:
    """Whether the answer says that there is no such thing, in the field's own way."""
    data = (answer.get("data") or {}).get(slot.name)
    if slot.kind == "mutation" and data is not None and "matched" in data:
        return bool(data["matched"] == 0 and data["changed"] == data["refused"] == [] and "filter" in slot.path)
    if slot.kind == "mutation":
        return data is not None and data["__typename"] in REFUSALS
    if isinstance(data, dict) and "totals" in data:
        return set(data["totals"].values()) == {0}
    return data in (None, [None]) or data["totalCount"] == 0


def id_for(slot: Slot, word: str, key: UUID | int) -> str:
    """The id as this place takes it: flows have no global id."""
    if slot.path[-1] == "flowId":
        return key.hex if isinstance(key, UUID) else str(key)
    return str(encode(word, key))


@pytest.mark.parametrize("field", ["jobs", "posts", "connections", "events"])
async def test_a_cursor_of_another_workspace_shows_nothing_of_it(graph: Graph, other_graph: Graph, field: str) -> None:
    await ids_of(graph)
    for _ in range(3):
        await ids_of(other_graph)
    query = f"query($after: Cursor) {{ {field}(first: 2, after: $after) {{ edges {{ cursor node {{ id }} }} }} }}"
    theirs = (await other_graph.ask(query))[field]["edges"]
    answer = await graph.answer(query, after=theirs[0]["cursor"])
    seen = [] if answer.get("data") is None else [edge["node"]["id"] for edge in answer["data"][field]["edges"]]
    if field == "events":  # numbered alike in every workspace: told apart by whose they are
        everything = (await graph.ask("{ events(first: 100) { edges { node { id actor { id } } } } }"))["events"]
        assert set(seen) <= {edge["node"]["id"] for edge in everything["edges"]}
    else:
        own = (await graph.ask(f"{{ {field} {{ edges {{ node {{ id }} }} }} }}"))[field]["edges"]
        assert set(seen) <= {edge["node"]["id"] for edge in own}


async def test_an_event_of_the_same_number_is_the_callers_own(graph: Graph, other_graph: Graph) -> None:
    await other_graph.world.job(now=now())
    query = "query($id: ID!) { node(id: $id) { ... on Event { type changes { value } } } }"
    mine = await graph.ask(query, id=encode("Event", 1))
    assert mine["node"]["type"] == "key.created"
    assert str(other_graph.key.row.id) not in json.dumps(mine)
