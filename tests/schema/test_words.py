"""Everything in the schema is described, and every refusal says what a refusal must say."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    is_specified_scalar_type,
)

from resolvers.api import SCHEMA
from schema.words import sentences

CORE = SCHEMA._schema
TYPES = [
    kind for name, kind in CORE.type_map.items() if not name.startswith("__") and not is_specified_scalar_type(kind)
]


def described(kind: GraphQLNamedType) -> Iterator[tuple[str, str | None]]:
    """Every place in a type that can be described, with its description."""
    yield kind.name, kind.description
    if isinstance(kind, GraphQLEnumType):
        for name, value in kind.values.items():
            yield f"{kind.name}.{name}", value.description
    if isinstance(kind, GraphQLInputObjectType):
        for name, given in kind.fields.items():
            yield f"{kind.name}.{name}", given.description
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        for name, field in kind.fields.items():
            yield f"{kind.name}.{name}", field.description
            for argument, value in field.args.items():
                yield f"{kind.name}.{name}({argument})", value.description


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.name)
def test_everything_has_a_description(kind: GraphQLNamedType) -> None:
    assert [place for place, text in described(kind) if not text] == []


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.name)
def test_a_description_is_a_sentence(kind: GraphQLNamedType) -> None:
    assert [place for place, text in described(kind) if text and not text.endswith((".", ".)", ".`"))] == []


def unions() -> list[GraphQLUnionType]:
    return [kind for kind in TYPES if isinstance(kind, GraphQLUnionType)]


@pytest.mark.parametrize("union", unions(), ids=lambda union: union.name)
def test_a_result_is_an_answer_or_a_refusal(union: GraphQLUnionType) -> None:
    error = CORE.type_map["UserError"]
    refusals = [kind for kind in union.types if error in kind.interfaces]
    assert union.name.endswith("Result")
    assert 0 < len(refusals) < len(union.types)


def test_every_mutation_has_one_input_and_a_result() -> None:
    assert CORE.mutation_type is not None
    for name, field in CORE.mutation_type.fields.items():
        assert list(field.args) == ["input"], name
        assert str(field.args["input"].type) == f"{name[0].upper()}{name[1:]}Input!"
        assert str(field.type) == f"{name[0].upper()}{name[1:]}Result!"


def test_a_mutation_that_takes_an_id_can_say_that_there_is_no_such_thing() -> None:
    assert CORE.mutation_type is not None
    for name in CORE.mutation_type.fields:
        given = CORE.type_map[f"{name[0].upper()}{name[1:]}Input"]
        assert isinstance(given, GraphQLInputObjectType)
        if any(str(one.type) == "ID!" for one in given.fields.values()):
            union = CORE.type_map[f"{name[0].upper()}{name[1:]}Result"]
            assert isinstance(union, GraphQLUnionType)
            assert "NotFound" in {kind.name for kind in union.types}, name


def test_a_refusal_says_what_where_and_what_next() -> None:
    error = CORE.type_map["UserError"]
    assert isinstance(error, GraphQLInterfaceType)
    assert {name: str(field.type) for name, field in error.fields.items()} == {
        "message": "String!",
        "code": "String!",
        "path": "[String!]!",
        "hint": "String!",
    }


class Fruit(StrEnum):
    """Fruit."""

    APPLE = "apple"
    """Red,
    mostly."""
    PEAR = "pear"


def test_the_sentence_after_a_member_is_its_description() -> None:
    assert sentences(Fruit) == {"APPLE": "Red, mostly."}
