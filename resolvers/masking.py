"""What a client may see of an error: ours as they are, its own mistakes with a code, everything else masked.

Each error carries `extensions.code` and the request's id; what is masked is logged under that id.
"""

from __future__ import annotations

from typing import Any

import structlog
from graphql import GraphQLError, GraphQLSyntaxError

from app.kernel.errors import DomainError

INTERNAL = "Something went wrong on our side. Nothing more can be said here."
MEND_SYNTAX = "Correct the document at `locations`; it must be one GraphQL operation with its fragments."
MEND_DOCUMENT = "Compare it with the schema: introspection with a key gives it, the playground at /graphql shows it."

_log = structlog.get_logger(__name__)


def refusal(message: str, code: str, hint: str, **more: Any) -> GraphQLError:
    """An error of ours that clients may see."""
    return GraphQLError(message, extensions={"code": code, "hint": hint, **more})


def shown(error: GraphQLError, request_id: str) -> GraphQLError:
    """The error as a client may see it."""
    own = error.extensions or {}
    if "requestId" in own:
        return error
    cause = _cause(error)
    message, extensions = error.message, {**own, "requestId": request_id}
    if isinstance(cause, DomainError):
        message = cause.message
        extensions |= {"code": cause.code, "hint": cause.hint, "input": list(cause.path)}
    elif isinstance(cause, TimeoutError):
        message = "The operation took too long and was stopped."
        extensions |= {"code": "OPERATION_TIMEOUT", "hint": "Ask for less at once."}
    elif _unkeepable(cause):
        message = "A text holds a character that cannot be kept: U+0000."
        extensions |= {"code": "INVALID_INPUT", "hint": "Take it out."}
    elif cause is not None:
        _log.error("graphql.failed", request_id=request_id, path=error.path, exc_info=cause)
        message, extensions = INTERNAL, {"requestId": request_id}
        extensions |= {"code": "INTERNAL", "hint": f"Tell the operator this id: {request_id}."}
    elif "code" not in extensions:
        syntax = isinstance(error, GraphQLSyntaxError)
        extensions["code"] = "GRAPHQL_PARSE_FAILED" if syntax else "GRAPHQL_VALIDATION_FAILED"
        extensions["hint"] = MEND_SYNTAX if syntax else MEND_DOCUMENT
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )


def _cause(error: GraphQLError) -> BaseException | None:
    """What is behind an error; None where it is GraphQL's own, which speaks of the client's document only."""
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def _unkeepable(cause: BaseException | None) -> bool:
    """Whether the database has refused a character: SQLSTATE 22021 in a text, 22P05 in JSON."""
    return getattr(getattr(cause, "orig", None), "sqlstate", None) in {"22021", "22P05"}
