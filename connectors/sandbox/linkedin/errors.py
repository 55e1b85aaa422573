"""How LinkedIn refuses: `{"status", "code", "message", ...}`, with an id for its support in a header."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

WORDS = {
    400: ("BAD_REQUEST", "Bad request"),
    401: ("INVALID_ACCESS_TOKEN", "Invalid access token"),
    403: ("ACCESS_DENIED", "Not enough permissions to access: partnerApiPostsExternal.CREATE"),
    404: ("NOT_FOUND", "Entity not found"),
    422: ("UNPROCESSABLE_ENTITY", "Unprocessable entity"),
    426: ("NONEXISTENT_VERSION", "Requested version is not active"),
    429: ("TOO_MANY_REQUESTS", "Too many requests"),
    503: ("SERVICE_UNAVAILABLE", "Service Unavailable"),
}
DAILY = "Resource level throttle APPLICATION_AND_MEMBER DAY limit for calls to this resource is reached."


class LinkedInError(Exception):
    """Raised by handlers; `answer_error` turns it into the answer."""

    def __init__(self, status: int, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"status": status, "code": code, "message": message, **more}


class OAuthError(Exception):
    """A refusal of the authorization server."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.body = {"error": error, "error_description": description}


def denied(what: str) -> LinkedInError:
    """A refusal because a right or a role is missing."""
    message = f"Not enough permissions to access: {what}"
    return LinkedInError(403, "ACCESS_DENIED", message, serviceErrorCode=100)


def invalid(code: str, message: str, field: str) -> LinkedInError:
    """A refusal of one field."""
    error = {"description": message, "input": {"inputPath": {"fieldPath": field}}, "code": code}
    status = 422 if code == "DUPLICATE_POST" else 400
    kind = "com.linkedin.common.error.BadRequest"
    details = {"errorDetailType": kind, "errorDetails": {"inputErrors": [error]}}
    found = LinkedInError(status, code, message, **details)
    del found.body["code"]
    return found


def not_found() -> LinkedInError:
    """A refusal because something is not there."""
    return LinkedInError(404, *WORDS[404])


async def answer_error(_request: Request, error: Exception) -> Response:
    """The answer for a refusal."""
    assert isinstance(error, LinkedInError | OAuthError)  # noqa: S101 -- registered for these types only
    return JSONResponse(error.body, error.status, {"x-li-uuid": "AAYSandbox"})


async def answer_not_found(_request: Request, _error: Exception) -> Response:
    """The answer for a path that does not exist."""
    return JSONResponse(refusal(404), 404)


def refusal(status: int) -> dict[str, Any]:
    """The body that LinkedIn usually sends with that status."""
    code, message = WORDS.get(status, ("INTERNAL_SERVER_ERROR", "Internal Server Error"))
    return {"status": status, "code": code, "message": message}
