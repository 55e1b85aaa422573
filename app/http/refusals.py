"""Domain errors as HTTP answers: one table of statuses, one form of JSON."""

from __future__ import annotations

from typing import Final

from starlette.responses import JSONResponse

from app.domain.connections.errors import ConnectFailed, DifferentAccount, UnknownPlatform
from app.domain.media.errors import LinkInvalid, MediaNotReady, MediaRefused, UploadInvalid
from app.flows.connections.tickets import TicketInvalid
from app.kernel.errors import DomainError, InvalidInput, NotFound
from app.services.storage import FileTooLarge

STATUS: Final[tuple[tuple[type[DomainError], int], ...]] = (
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
    return JSONResponse(body, status_of(error), headers={"Cache-Control": "no-store"})
