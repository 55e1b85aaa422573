"""Routes of the data server: a handler a method, its parameters and body checked against the method's lexicon."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.sandbox.bluesky.errors import XrpcError
from connectors.sandbox.bluesky.lexicon import LexiconError, check_input, read_params
from connectors.sandbox.gate import note_check, note_violation

JSON_LIMIT = 150 * 1024

Query = Callable[[Request, dict[str, Any]], Awaitable[Response]]
Procedure = Callable[[Request, dict[str, Any]], Awaitable[Response]]
Bare = Callable[[Request], Awaitable[Response]]


def query(nsid: str, handler: Query) -> Route:
    """A GET method; the handler gets its parameters with their types and defaults."""

    async def answer(request: Request) -> Response:
        note_check(request.scope, f"bluesky: {nsid}")
        given = {name: request.query_params.getlist(name) for name in request.query_params}
        try:
            params = read_params(nsid, given)
        except LexiconError as error:
            raise violation(request, f"Invalid {nsid} params: {error}") from None
        return await handler(request, params)

    return Route(f"/xrpc/{nsid}", answer, methods=["GET"])


def procedure(nsid: str, handler: Procedure) -> Route:
    """A POST method with a JSON body; the handler gets the body."""

    async def answer(request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise violation(request, "Wrong request encoding (Content-Type): must be application/json")
        if len(await request.body()) > JSON_LIMIT:
            raise XrpcError("PayloadTooLarge", "request entity too large", 413)
        note_check(request.scope, f"bluesky: {nsid}")
        try:
            body = await request.json()
            check_input(nsid, body)
        except LexiconError as error:
            raise violation(request, f"Invalid {nsid} input: {error}") from None
        except ValueError:
            raise violation(request, "The body is not JSON") from None
        return await handler(request, body)

    return Route(f"/xrpc/{nsid}", answer, methods=["POST"])


def bare(nsid: str, handler: Bare) -> Route:
    """A POST method without a JSON body."""
    return Route(f"/xrpc/{nsid}", handler, methods=["POST"])


def violation(request: Request, words: str) -> XrpcError:
    """A refusal because the request breaks a lexicon; noted in the request log."""
    note_violation(request.scope, words)
    return XrpcError("InvalidRequest", words)


def answer(body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """A success answer."""
    return JSONResponse(body, headers=headers)
