"""How the Graph API refuses. Source: developers.facebook.com/docs/graph-api/guides/error-handling."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

_USUAL: Final = {
    401: (190, "Error validating access token: The session is invalid."),
    403: (200, "(#200) Permissions error"),
    404: (803, "(#803) Some of the aliases you requested do not exist"),
    429: (4, "(#4) Application request limit reached"),
}


class GraphError(Exception):
    """Raised by handlers; `answer_error` turns it into the answer."""

    def __init__(
        self,
        message: str,
        code: int,
        subcode: int | None = None,
        *,
        status: int = 400,
        shown: str | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = body_of(message, code, subcode, shown=shown, data=data)


def body_of(
    message: str, code: int, subcode: int | None = None, *, shown: str | None = None, data: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The body of an error answer."""
    kind = "OAuthException" if code in (10, 102, 190, 200) or code == 100 else "GraphMethodException"
    error: dict[str, Any] = {"message": message, "type": kind, "code": code, "fbtrace_id": "AbCdEfGhIjKlMnOpQrStUvW"}
    if subcode is not None:
        error["error_subcode"] = subcode
    if shown is not None:
        error |= {"is_transient": False, "error_user_msg": shown}
    if data is not None:
        error["error_data"] = data
    return {"error": error}


def invalid(message: str) -> GraphError:
    """A parameter that is refused."""
    return GraphError(f"(#100) {message}", 100)


def missing(node: str) -> GraphError:
    """An object that is not there, or that the token may not see."""
    words = f"Unsupported request. Object with ID '{node}' does not exist, cannot be loaded due to missing permissions"
    return GraphError(words, 100, 33)


def lacking(permission: str) -> GraphError:
    """A right that was not granted."""
    return GraphError(f"(#200) Requires {permission} permission", 200, status=403)


async def answer_error(_request: Request, error: Exception) -> Response:
    """The answer for a `GraphError`."""
    assert isinstance(error, GraphError)  # noqa: S101 -- registered for this type only
    return JSONResponse(error.body, error.status)


def refusal(status: int) -> dict[str, Any]:
    """The body that Meta usually sends with that status."""
    code, words = _USUAL.get(status, (1, "An unknown error occurred") if status >= 500 else (100, "Invalid parameter"))
    return body_of(words, code)
