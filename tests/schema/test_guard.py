from __future__ import annotations

from graphql import build_schema, parse

from schema.guard import Size, measure

SCHEMA = build_schema(
    """
    type Query { things(first: Int, last: Int): Things  thing: Thing  all: [Thing!]! }
    type Things { edges: [Edge!]! pageInfo: Thing }
    type Edge { node: Thing }
    type Thing { name: String  things(first: Int): Things }
    """
)


def size(text: str, **variables: object) -> Size:
    return measure(SCHEMA, parse(text), variables)


def test_a_field_counts_once() -> None:
    assert size("{ thing { name } }") == Size(depth=2, aliases=0, fields=2, cost=2)


def test_aliases_are_counted() -> None:
    assert size("{ a: thing { b: name } }").aliases == 2


def test_a_list_counts_as_many() -> None:
    assert size("{ all { name } }").cost == 1 + 10


def test_a_page_costs_what_is_asked_for() -> None:
    inner = "{ edges { node { name } } }"
    assert size("{ things(first: 3) " + inner + " }").cost == 1 + 3 * (1 + 2)
    assert size("{ things " + inner + " }").cost == 1 + 20 * (1 + 2)
    assert size("query($n: Int) { things(last: $n) " + inner + " }", n=7).cost == 1 + 7 * (1 + 2)


def test_what_is_not_said_or_out_of_bounds_costs_the_largest_page() -> None:
    inner = "{ edges { node { name } } }"
    largest = 1 + 100 * (1 + 2)
    assert size("query($n: Int) { things(first: $n) " + inner + " }").cost == largest
    assert size("{ things(first: 99999999999999999999) " + inner + " }").cost == largest
    assert size("query($n: Int) { things(first: $n) " + inner + " }", n="many").cost == largest


def test_fragments_count_where_they_are_spread() -> None:
    text = "{ thing { ...A ...A } } fragment A on Thing { name }"
    assert size(text) == Size(depth=2, aliases=0, fields=3, cost=3)


def test_doubling_fragments_are_measured_in_the_time_of_their_text() -> None:
    rows = [f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(60)]
    text = " ".join(["{ ...F0 }", *rows, "fragment F60 on Query { __typename }"])
    assert size(text).fields == 10**9


def test_cycles_and_unknown_fragments_are_left_to_validation() -> None:
    assert size("{ ...A } fragment A on Query { ...A ...B }") == Size()


def test_unknown_fields_are_left_to_validation() -> None:
    assert size("{ nothing { at { all } } }").fields == 3


def test_introspection_is_left_to_the_core() -> None:
    assert size("{ __schema { types { fields { type { name } } } } }") == Size(depth=1, aliases=0, fields=1, cost=1)


def test_the_largest_operation_counts() -> None:
    assert size("query A { thing { name } } query B { b: thing { name } }") == Size(2, 1, 2, 2)
