"""Tools that make code from the schema: introspection over HTTP gives the SDL that is checked in, whole and sound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    build_client_schema,
    build_schema,
    get_introspection_query,
    get_named_type,
    lexicographic_sort_schema,
    parse,
    print_schema,
    validate,
    validate_schema,
)
from graphql.utilities import find_breaking_changes, find_dangerous_changes

from resolvers.snapshot import FILE
from tests.clients.conftest import Client

BUILT_IN = {"String", "Int", "Float", "Boolean", "ID"}
OPERATIONS = Path(__file__).resolve().parents[2] / "app" / "http" / "static" / "playground"


@pytest.fixture(scope="module")
def checked_in() -> GraphQLSchema:
    """Give the schema as it is checked in."""
    return build_schema(FILE.read_text("utf-8"))


async def introspected(client: Client, **options: bool) -> Any:
    """What a tool is answered."""
    answer = await client.post({"query": get_introspection_query(**options), "operationName": "IntrospectionQuery"})
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.parametrize("descriptions", [True, False])
async def test_introspection_is_the_schema_that_is_checked_in(
    client: Client, checked_in: GraphQLSchema, descriptions: bool
) -> None:
    options = {"specified_by_url": True, "directive_is_repeatable": True, "schema_description": True}
    answer = await introspected(client, descriptions=descriptions, input_value_deprecation=True, one_of=True, **options)
    seen = build_client_schema(answer["data"])
    assert validate_schema(seen) == []
    assert find_breaking_changes(checked_in, seen) == []
    assert find_dangerous_changes(checked_in, seen) == []
    assert find_breaking_changes(seen, checked_in) == []
    if descriptions:
        assert sdl(seen) == sdl(checked_in)


def sdl(schema: GraphQLSchema) -> str:
    """A schema as text in one order; the directive that every server of today has is printed by some only."""
    blocks = print_schema(lexicographic_sort_schema(schema)).split("\n\n")
    return "\n\n".join(block for block in blocks if "directive @oneOf" not in block)


@pytest.mark.parametrize("options", [{}, {"descriptions": False}], ids=["all", "short"])
async def test_the_introspection_of_older_tools_is_answered(client: Client, options: dict[str, bool]) -> None:
    # Without specifiedByURL, isRepeatable, isOneOf: as tools of before 2021 ask.
    answer = await introspected(client, **options)
    assert "errors" not in answer
    assert build_client_schema(answer["data"]).query_type is not None


def test_printing_and_reading_again_changes_nothing(checked_in: GraphQLSchema) -> None:
    again = build_schema(print_schema(checked_in))
    assert print_schema(again) == print_schema(checked_in)
    assert validate_schema(again) == []


def reachable(schema: GraphQLSchema) -> set[str]:
    """The names of all types that can be reached from the roots."""
    found: set[str] = set()
    waiting: list[Any] = [schema.query_type, schema.mutation_type, schema.subscription_type]
    while waiting:
        kind = get_named_type(waiting.pop())
        if kind.name in found:
            continue
        found.add(kind.name)
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            waiting += [field.type for field in kind.fields.values()]
            waiting += [given.type for field in kind.fields.values() for given in field.args.values()]
            waiting += kind.interfaces
        if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            waiting += schema.get_possible_types(kind)
        if isinstance(kind, GraphQLInputObjectType):
            waiting += [field.type for field in kind.fields.values()]
    return found


def test_every_type_can_be_reached(checked_in: GraphQLSchema) -> None:
    named = {name for name in checked_in.type_map if not name.startswith("__")}
    assert named - reachable(checked_in) - BUILT_IN == set()


def test_every_scalar_of_ours_says_what_it_looks_like(checked_in: GraphQLSchema) -> None:
    scalars = [kind for kind in checked_in.type_map.values() if isinstance(kind, GraphQLScalarType)]
    own = {kind.name: kind for kind in scalars if kind.name not in BUILT_IN}
    assert set(own) == {"Cursor", "DateTime", "LocalDateTime", "TimeZone", "URL"}
    assert all(kind.description and len(kind.description) > 30 for kind in own.values())


def test_names_become_names_in_every_language(checked_in: GraphQLSchema) -> None:
    # Generators turn names into PascalCase or camelCase: two names that differ in case or `_` only would clash.
    def flat(name: str) -> str:
        return name.replace("_", "").lower()

    types = [name for name in checked_in.type_map if not name.startswith("__")]
    assert len({flat(name) for name in types}) == len(types)
    for kind in checked_in.type_map.values():
        if isinstance(kind, GraphQLEnumType):
            assert len({flat(name) for name in kind.values}) == len(kind.values), kind.name
            assert all(name.isupper() and name.isidentifier() for name in kind.values), kind.name
        elif isinstance(kind, GraphQLObjectType | GraphQLInputObjectType | GraphQLInterfaceType):
            assert all(name[0].islower() and "_" not in name for name in kind.fields), kind.name


def test_one_answer_name_has_one_type_in_a_union(checked_in: GraphQLSchema) -> None:
    # `... on A { x } ... on B { x }` is refused where x has two types: clients would need an alias for every union.
    wrong = []
    for kind in checked_in.type_map.values():
        if isinstance(kind, GraphQLUnionType):
            seen: dict[str, str] = {}
            for member in kind.types:
                for name, field in member.fields.items():
                    if seen.setdefault(name, str(field.type)) != str(field.type):
                        wrong.append(f"{kind.name}.{name}: {seen[name]} and {field.type}")
    assert wrong == []


def test_every_operation_that_a_generator_writes_is_valid(checked_in: GraphQLSchema) -> None:
    for kind in ("query", "mutation", "subscription"):
        root = getattr(checked_in, f"{kind}_type")
        for name, field in root.fields.items():
            declared = ", ".join(f"${key}: {given.type}" for key, given in field.args.items())
            passed = ", ".join(f"{key}: ${key}" for key in field.args)
            head = f"{kind} Generated({declared})" if declared else f"{kind} Generated"
            call = f"{name}({passed})" if passed else name
            text = f"{head} {{ {call}{selection(field.type, 2)} }}"
            assert validate(checked_in, parse(text)) == [], text


def selection(kind: Any, depth: int) -> str:
    """Everything that needs no argument, so deep."""
    named = get_named_type(kind)
    if isinstance(named, GraphQLUnionType):
        return " { __typename " + " ".join(f"... on {one.name}{selection(one, depth)}" for one in named.types) + " }"
    if not isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
        return ""
    fields = []
    for name, field in named.fields.items():
        inner = get_named_type(field.type)
        nested = isinstance(inner, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType)
        if not nested or depth:
            fields.append(name + selection(field.type, depth - 1))
    return " { __typename " + " ".join(fields) + " }"


def test_lists_hold_no_nulls_but_where_a_thing_may_be_missing(checked_in: GraphQLSchema) -> None:
    loose = []
    for kind in checked_in.type_map.values():
        if not kind.name.startswith("__") and isinstance(kind, GraphQLObjectType | GraphQLInputObjectType):
            for name, field in kind.fields.items():
                inner = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
                if isinstance(inner, GraphQLList) and not isinstance(inner.of_type, GraphQLNonNull):
                    loose.append(f"{kind.name}.{name}")
    assert loose == ["Query.nodes"]
