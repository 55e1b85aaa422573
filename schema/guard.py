"""How large an operation is: depth, aliases, fields, and what it costs at most. Measured before anything else is done.

Each fragment is measured once, however often it is spread, so that a document whose fragments double with every level
is measured in the time of its text. Introspection is left out: the core bounds it by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
)

from app.services.paging import DEFAULT_SIZE, MAX_SIZE

MANY = 10
"""What a list counts for whose length nobody states."""
CEILING = 10**9
"""Sums stop here: more is never needed, and big integers are slow."""


@dataclass(frozen=True, slots=True)
class Size:
    """The measures of a selection."""

    depth: int = 0
    aliases: int = 0
    fields: int = 0
    cost: int = 0

    def beside(self, other: Size) -> Size:
        """Both selections together."""
        return Size(
            max(self.depth, other.depth),
            min(CEILING, self.aliases + other.aliases),
            min(CEILING, self.fields + other.fields),
            min(CEILING, self.cost + other.cost),
        )


def measure(schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any] | None) -> Size:
    """The measures of the largest operation in a document."""
    found = Size()
    walk = _Walk(schema, document, variables or {})
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            root = schema.get_root_type(definition.operation)
            size = walk.selections(definition.selection_set, root)
            found = Size(*map(max, *((one.depth, one.aliases, one.fields, one.cost) for one in (found, size))))
    return found


class _Walk:
    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self._schema = schema
        self._variables = variables
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._known: dict[str, Size] = {}
        self._open: set[str] = set()

    def selections(self, node: SelectionSetNode | None, parent: Any) -> Size:
        total = Size()
        for selection in node.selections if node is not None else ():
            if isinstance(selection, FieldNode):
                total = total.beside(self._field(selection, parent))
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                inner = parent if condition is None else self._schema.get_type(condition.name.value)
                total = total.beside(self.selections(selection.selection_set, inner))
            elif isinstance(selection, FragmentSpreadNode):
                total = total.beside(self._fragment(selection.name.value))
        return total

    def _fragment(self, name: str) -> Size:
        known = self._known.get(name)
        if known is not None:
            return known
        fragment = self._fragments.get(name)
        if fragment is None or name in self._open:  # unknown or a cycle: validation reports both
            return Size()
        self._open.add(name)
        size = self.selections(fragment.selection_set, self._schema.get_type(fragment.type_condition.name.value))
        self._open.discard(name)
        self._known[name] = size
        return size

    def _field(self, node: FieldNode, parent: Any) -> Size:
        alias = 0 if node.alias is None else 1
        if node.name.value in {"__schema", "__type"}:
            return Size(1, alias, 1, 1)
        field = None
        if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            field = parent.fields.get(node.name.value)
        inner = self.selections(node.selection_set, None if field is None else get_named_type(field.type))
        times = 1 if field is None or node.selection_set is None else self._times(node, field, parent)
        return Size(
            inner.depth + 1,
            min(CEILING, inner.aliases + alias),
            min(CEILING, inner.fields + 1),
            min(CEILING, 1 + times * inner.cost),
        )

    def _times(self, node: FieldNode, field: GraphQLField, parent: Any) -> int:
        if "first" not in field.args:
            # The edges of a page were counted with the page.
            return MANY if "[" in str(field.type) and "pageInfo" not in parent.fields else 1
        given = [argument.value for argument in node.arguments or () if argument.name.value in {"first", "last"}]
        if not given:
            return DEFAULT_SIZE
        return max(self._number(value) for value in given)

    def _number(self, value: Any) -> int:
        number: Any = None
        if isinstance(value, IntValueNode):
            number = int(value.value[:12])
        elif isinstance(value, VariableNode):
            number = self._variables.get(value.name.value)
        return min(max(number, 1), MAX_SIZE) if isinstance(number, int) else MAX_SIZE
