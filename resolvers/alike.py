"""What makes the answers of two subscriptions equal: workspace, rights, document and variables, but not the cursor.

Where a subscriber begins is its own affair; behind its first catching up the cursor says nothing any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import orjson
from graphql import (
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    get_operation_ast,
    visit,
)

from app.domain.keys.model import Scope
from resolvers.api import SCHEMA
from resolvers.context import Context
from resolvers.operation import parsed

CURSOR: Final = "after"
"""The argument that says where a subscription begins."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What makes the answers of two subscriptions equal."""

    tenant: UUID
    scopes: frozenset[Scope]
    query: str
    operation_name: str | None
    variables: bytes
    """As JSON, without the cursor."""


def asked_of(
    context: Context, query: str | None, variables: Mapping[str, Any] | None, operation_name: str | None
) -> Asked | None:
    """What a subscription asks for, so that equal ones are known; None for what cannot be shared."""
    if context.principal is None or not query:
        return None
    shared, cursor = _followed(query, operation_name, context.rt.settings.max_tokens)
    if not shared:
        return None
    rest = {name: value for name, value in (variables or {}).items() if name != cursor}
    caller = context.principal
    encoded = orjson.dumps(rest, option=orjson.OPT_SORT_KEYS)
    return Asked(caller.tenant_id, context.rights_of(caller).scopes, query, operation_name, encoded)


@lru_cache(maxsize=512)
def _followed(query: str, operation_name: str | None, max_tokens: int) -> tuple[bool, str | None]:
    """Whether a document follows the log, and the variable that holds its cursor, where that is all it is used for."""
    try:
        document = parsed(query, max_tokens)
    except GraphQLError:
        return False, None
    operation = get_operation_ast(document, operation_name)
    root = SCHEMA._schema.subscription_type  # noqa: SLF001 -- the core's schema has no public name
    if operation is None or operation.operation is not OperationType.SUBSCRIPTION or root is None:
        return False, None
    fields = [node for node in operation.selection_set.selections if isinstance(node, FieldNode)]
    known = root.fields.get(fields[0].name.value) if len(fields) == 1 else None
    if known is None or CURSOR not in known.args:
        return False, None
    given = next((one.value for one in fields[0].arguments or () if one.name.value == CURSOR), None)
    if not isinstance(given, VariableNode):
        return True, None
    name = given.name.value
    return True, name if _uses(operation, name) == 1 else None


def _uses(operation: OperationDefinitionNode, name: str) -> int:
    found = 0

    class Count(Visitor):
        def enter_variable(self, node: VariableNode, *_: Any) -> None:
            nonlocal found
            found += node.name.value == name

        def enter_variable_definition(self, *_: Any) -> Any:
            return self.SKIP

    visit(operation, Count())
    return found
