"""The playground's examples fit the schema that is checked in, with their variables."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema, OperationDefinitionNode, build_schema, parse, validate
from graphql.execution.values import get_variable_values

from app.http.assets import FOLDER

SDL = Path(__file__).parents[3] / "schema" / "schema.graphql"
BOOK: dict[str, Any] = json.loads((FOLDER / "playground" / "examples.json").read_text("utf-8"))
EXAMPLES: list[dict[str, Any]] = BOOK["examples"]
SEARCHES: dict[str, dict[str, Any]] = BOOK["searches"]
MADE_BY_THE_PAGE = {
    "new-key": "2f1a7c1e-8a1e-4c57-9a55-5d1f7c0f7d10",
    "in-an-hour": "2026-01-01T13:00:00Z",
    "a-week-ago": "2025-12-25T12:00:00Z",
    "now": "2026-01-01T12:00:00Z",
}
GAP = re.compile(r"<([a-z-]+)>")


@cache
def schema() -> GraphQLSchema:
    return build_schema(SDL.read_text("utf-8"))


def gaps(value: Any) -> set[str]:
    return set(GAP.findall(json.dumps(value)))


def filled(value: Any) -> Any:
    """The value with each gap closed as the page would close it; ids and cursors by an opaque text."""
    return json.loads(GAP.sub(lambda gap: MADE_BY_THE_PAGE.get(gap[1], "b3BhcXVl"), json.dumps(value)))


def operations() -> list[Any]:
    named = [(example["key"], example) for example in EXAMPLES]
    named += [(f"search {gap}", search) for gap, search in SEARCHES.items()]
    return [pytest.param(entry, id=name) for name, entry in named]


@pytest.mark.parametrize("entry", operations())
def test_an_operation_is_valid_against_the_schema(entry: dict[str, Any]) -> None:
    assert [error.message for error in validate(schema(), parse(entry["operation"]))] == []


@pytest.mark.parametrize("entry", operations())
def test_its_variables_fit_what_it_declares(entry: dict[str, Any]) -> None:
    (operation,) = parse(entry["operation"]).definitions
    assert isinstance(operation, OperationDefinitionNode)
    declared = operation.variable_definitions or ()
    values = get_variable_values(schema(), declared, filled(entry["variables"]))
    assert not isinstance(values, list), values
    assert set(entry["variables"]) <= {definition.variable.name.value for definition in declared}


@pytest.mark.parametrize("entry", operations())
def test_an_operation_has_a_name_that_becomes_the_title_of_its_tab(entry: dict[str, Any]) -> None:
    (operation,) = parse(entry["operation"]).definitions
    assert isinstance(operation, OperationDefinitionNode)
    assert operation.name is not None


@pytest.mark.parametrize("example", EXAMPLES, ids=[example["key"] for example in EXAMPLES])
def test_every_gap_can_be_filled(example: dict[str, Any]) -> None:
    assert gaps(example["variables"]) <= set(SEARCHES) | set(MADE_BY_THE_PAGE)
    assert gaps(example["operation"]) == set()


@pytest.mark.parametrize("gap", SEARCHES)
def test_a_search_takes_its_value_from_a_field_that_it_asks_for(gap: str) -> None:
    fields = [step for step in SEARCHES[gap]["path"] if isinstance(step, str)]
    assert all(re.search(rf"\b{field}\b", SEARCHES[gap]["operation"]) for field in fields)
    assert SEARCHES[gap]["missing"].endswith(".")


def test_every_search_is_used() -> None:
    assert set(SEARCHES) == set().union(*(gaps(example["variables"]) for example in EXAMPLES)) - set(MADE_BY_THE_PAGE)


def test_each_example_explains_itself_in_a_sentence() -> None:
    assert len({example["key"] for example in EXAMPLES}) == len(EXAMPLES)
    for example in EXAMPLES:
        assert example["title"]
        assert example["sentence"].endswith(".")


def test_the_examples_cover_what_a_newcomer_needs() -> None:
    assert [example["key"] for example in EXAMPLES] == [
        "viewer",
        "platforms",
        "connections",
        "publish-now",
        "schedule-once",
        "too-long",
        "watch-jobs",
        "events",
        "health",
        "analytics",
        "cancel-job",
    ]
