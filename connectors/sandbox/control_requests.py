"""What requests to the control API say, and how it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


def handle_in(body: Mapping[str, Any]) -> str:
    """The handle that an order names. Raises ValueError."""
    handle = body.get("handle")
    if not isinstance(handle, str) or not handle:
        raise ValueError("handle is missing")
    return handle


async def body_of(request: Request) -> dict[str, Any]:
    """The order. Raises ValueError where it is not one, or comes from a web page."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise ValueError("send application/json")
    body = await request.json()
    if not isinstance(body, dict):
        raise ValueError("the body is a JSON object")  # noqa: TRY004 -- it is the sender's mistake, not a wrong type of ours
    return body


def refuse(status: int, words: str) -> Response:
    """A refusal."""
    return JSONResponse({"error": words}, status_code=status)
