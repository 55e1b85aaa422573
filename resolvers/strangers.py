"""What callers may ask without saying who they are: root fields that are open to everybody, and nothing beside them.

Introspection is not among them. Anything else of a stranger's is refused before it is validated, so that the schema's
names cannot be tried out.
"""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    get_operation_ast,
)


def admitted(schema: GraphQLSchema, document: DocumentNode, operation_name: str | None) -> bool:
    """Whether everything that the operation asks for at its root is open to everybody."""
    operation = get_operation_ast(document, operation_name)
    root = None if operation is None else schema.get_root_type(operation.operation)
    if operation is None or root is None:
        return False
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    asked = list(_fields(operation.selection_set, fragments, set()))
    return bool(asked) and all(name in root.fields and _is_open(root.fields[name].extensions) for name in asked)


def _fields(found: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode], seen: set[str]) -> Iterator[str]:
    for node in found.selections:
        if isinstance(node, FieldNode):
            yield node.name.value
        elif isinstance(node, InlineFragmentNode):
            yield from _fields(node.selection_set, fragments, seen)
        elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
            seen.add(node.name.value)
            spread = fragments.get(node.name.value)
            if spread is not None:
                yield from _fields(spread.selection_set, fragments, seen)


def _is_open(extensions: dict[str, object]) -> bool:
    metadata = getattr(extensions.get("strawberry-definition"), "metadata", {})
    return "scope" in metadata and metadata["scope"] is None
