"""How a Mastodon instance refuses: `{"error": "..."}`, on OAuth routes with `error_description`."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

WORDS = {
    400: "Bad Request",
    401: "The access token is invalid",
    403: "This action is not allowed",
    404: "Record not found",
    422: "Validation failed",
    429: "Too many requests",
    503: "There was a temporary problem serving your request, please try again",
}


class MastodonError(Exception):
    """Raised by handlers; `answer_error` turns it into the answer."""

    def __init__(
        self, status: int, error: str, description: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.description = description
        self.headers = dict(headers or {})


def invalid(*problems: str) -> MastodonError:
    """A refusal of content: 422 with what fails the validation."""
    return MastodonError(422, f"Validation failed: {', '.join(problems)}")


async def answer_error(_request: Request, error: Exception) -> Response:
    """The answer for a `MastodonError`."""
    assert isinstance(error, MastodonError)  # noqa: S101 -- registered for this type only
    described = {"error_description": error.description} if error.description else {}
    return JSONResponse({"error": error.error, **described}, error.status, error.headers)


async def answer_not_found(_request: Request, _error: Exception) -> Response:
    """The answer for a path that does not exist."""
    return JSONResponse({"error": "Not Found"}, 404)


def refusal(status: int) -> dict[str, str]:
    """The body that an instance usually sends with that status."""
    return {"error": WORDS.get(status, "Internal Server Error" if status >= 500 else WORDS[400])}
