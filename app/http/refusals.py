"""Domain errors as HTTP answers: one table of statuses, one form of JSON."""

from __future__ import annotations

from typing import Final

from starlette.responses import JSONResponse

from app.domain.connections.errors import ConnectFailed, DifferentAccount, UnknownPlatform
from app.domain.keys.errors import KeyRefused, ScopeMissing
from app.domain.media.errors import LinkInvalid, MediaNotReady, MediaRefused, UploadInvalid
from app.domain.people.errors import LinkSpent, SignInRefused, SignUpClosed, TooManyTries
from app.flows.connections.tickets import TicketInvalid
from app.flows.people.browsers import ForeignPage
from app.kernel.errors import DomainError, InvalidInput, NotFound
from app.services.storage import FileTooLarge

STATUS: Final[tuple[tuple[type[DomainError], int], ...]] = (
    (SignInRefused, 401),
    (KeyRefused, 401),
    (ForeignPage, 403),
    (ScopeMissing, 403),
    (SignUpClosed, 403),
    (TooManyTries, 429),
    (LinkSpent, 410),
    (NotFound, 404),
    (UnknownPlatform, 404),
    (TicketInvalid, 410),
    (UploadInvalid, 410),
    (LinkInvalid, 410),
    (DifferentAccount, 409),
    (MediaNotReady, 409),
    (FileTooLarge, 413),
    (ConnectFailed, 422),
    (MediaRefused, 422),
    (InvalidInput, 422),
)
"""The first line whose class fits."""


def status_of(error: DomainError) -> int:
    """The HTTP status of a refusal."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 400)


def refused(error: DomainError) -> JSONResponse:
    """A refusal for a program: its code, what is wrong, what to do."""
    body = {"code": error.code, "message": error.message, "hint": error.hint}
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, TooManyTries):
        headers["Retry-After"] = str(error.seconds)
    return JSONResponse(body, status_of(error), headers=headers)
