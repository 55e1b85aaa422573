"""How an AT Protocol server refuses: `{"error": "Name", "message": "..."}` with an HTTP status."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

STATUS_NAMES = {
    400: ("InvalidRequest", "The request is not valid."),
    401: ("AuthenticationRequired", "Authentication Required"),
    403: ("Forbidden", "Forbidden"),
    404: ("NotFound", "Not Found"),
    413: ("PayloadTooLarge", "request entity too large"),
    429: ("RateLimitExceeded", "Rate Limit Exceeded"),
    502: ("UpstreamFailure", "Upstream Failure"),
    503: ("NotEnoughResources", "Not Enough Resources"),
    504: ("UpstreamTimeout", "Upstream Timeout"),
}


class XrpcError(Exception):
    """Raised by handlers; `answer` turns it into the answer."""

    def __init__(self, error: str, message: str, status: int = 400, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.error = error
        self.message = message
        self.status = status
        self.headers = dict(headers or {})


class OAuthError(Exception):
    """A refusal of the authorization server: `{"error", "error_description"}` as OAuth defines it."""

    def __init__(
        self, error: str, description: str, status: int = 400, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status
        self.headers = dict(headers or {})


async def answer_xrpc(_request: Request, error: Exception) -> Response:
    """The answer for an `XrpcError`."""
    assert isinstance(error, XrpcError)  # noqa: S101 -- registered for this type only
    return JSONResponse({"error": error.error, "message": error.message}, error.status, error.headers)


async def answer_oauth(_request: Request, error: Exception) -> Response:
    """The answer for an `OAuthError`."""
    assert isinstance(error, OAuthError)  # noqa: S101 -- registered for this type only
    body = {"error": error.error, "error_description": error.description}
    return JSONResponse(body, error.status, {"cache-control": "no-store", **error.headers})


def refusal(status: int) -> dict[str, str]:
    """The body that a server usually sends with that status."""
    error, message = STATUS_NAMES.get(status, ("InternalServerError", "Internal Server Error"))
    return {"error": error, "message": message}
