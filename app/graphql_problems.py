"""Answers in GraphQL's form to requests that are not executed."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from starlette.responses import Response

from resolvers.context import Context


def problem(
    context: Context, status: int, code: str, message: str, hint: str, headers: Mapping[str, str] | None = None
) -> Response:
    """One error, with its code, what to do about it, and the id of the request."""
    extensions = {"code": code, "hint": hint, "requestId": context.request_id}
    body = orjson.dumps({"errors": [{"message": message, "extensions": extensions}]})
    return Response(body, status, {"X-Request-Id": context.request_id, **(headers or {})}, "application/json")
