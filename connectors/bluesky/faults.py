"""Bluesky's fault table: which error names are of which kind. Names beat statuses here, most refusals are a 400.

Sources: the `errors` of the lexicons (https://github.com/bluesky-social/atproto/tree/main/lexicons) and what a PDS
answers; envelope `{"error": name, "message": words}`: https://atproto.com/specs/xrpc.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import orjson

from connectors.faults import HINTS, Effect, Fault, FaultKind, FaultRule, PlatformFault, classify
from connectors.redactor import redact_text
from connectors.retry_after import retry_after
from connectors.transport import Answer

NOT_OFFERED: Final = "MethodNotImplemented"

_GONE: Final = "The account is suspended, deactivated or deleted on its server."
_EXPIRED: Final = "The server no longer accepts the account's token."

FAULTS: Final = (
    FaultRule(FaultKind.AUTH_EXPIRED, _EXPIRED, code="ExpiredToken"),
    FaultRule(FaultKind.AUTH_EXPIRED, _EXPIRED, code="InvalidToken"),
    FaultRule(FaultKind.AUTH_EXPIRED, _EXPIRED, code="invalid_token"),
    FaultRule(FaultKind.AUTH_EXPIRED, _EXPIRED, code="AuthMissing"),
    FaultRule(FaultKind.AUTH_EXPIRED, _EXPIRED, code="invalid_dpop_proof"),
    FaultRule(FaultKind.AUTH_EXPIRED, "The authorization has ended.", code="invalid_grant"),
    FaultRule(FaultKind.AUTH_EXPIRED, "The server wants a code by e-mail.", code="AuthFactorTokenRequired"),
    FaultRule(FaultKind.AUTH_EXPIRED, "The server refuses the login.", code="AuthenticationRequired"),
    FaultRule(FaultKind.ACCOUNT_GONE, _GONE, code="AccountTakedown"),
    FaultRule(FaultKind.ACCOUNT_GONE, _GONE, code="AccountDeactivated"),
    FaultRule(FaultKind.ACCOUNT_GONE, _GONE, code="AccountSuspended"),
    FaultRule(FaultKind.ACCOUNT_GONE, _GONE, code="RepoTakendown"),
    FaultRule(FaultKind.ACCOUNT_GONE, _GONE, code="RepoDeactivated"),
    FaultRule(FaultKind.ACCOUNT_GONE, _GONE, code="RepoSuspended"),
    FaultRule(FaultKind.ACCOUNT_GONE, _GONE, code="RepoNotFound"),
    FaultRule(FaultKind.PERMISSION_MISSING, "The connection lacks a right.", code="ScopeMissingError"),
    FaultRule(FaultKind.PERMISSION_MISSING, "The connection lacks a right.", code="insufficient_scope"),
    FaultRule(FaultKind.PERMISSION_MISSING, "The server refused the authorization.", code="access_denied"),
    FaultRule(FaultKind.RATE_LIMITED, "The server asks for a pause.", code="RateLimitExceeded"),
    FaultRule(FaultKind.DUPLICATE, "Another record stands under the key of this post.", code="InvalidSwap"),
    FaultRule(FaultKind.NOT_FOUND, "The post does not exist on the server.", code="RecordNotFound"),
    FaultRule(FaultKind.NOT_FOUND, "The post does not exist on the server.", status=400, contains="locate record"),
    FaultRule(FaultKind.NOT_FOUND, "No account has this handle.", code="HandleNotFound"),
    FaultRule(FaultKind.NOT_FOUND, "No account has this handle.", status=400, contains="resolve handle"),
    FaultRule(FaultKind.ACCOUNT_GONE, _GONE, status=400, contains="could not find repo"),
    FaultRule(FaultKind.INVALID_MEDIA, "The server has lost an uploaded file.", code="BlobNotFound"),
    FaultRule(FaultKind.INVALID_MEDIA, "The server does not find an uploaded file.", status=400, contains="find blob"),
    FaultRule(FaultKind.INVALID_MEDIA, "The server takes no file of this size.", code="PayloadTooLarge"),
    FaultRule(FaultKind.INVALID_MEDIA, "The server takes no file of this size.", status=400, contains="blob too big"),
    FaultRule(
        FaultKind.INVALID_MEDIA, "The server takes no file of this type.", status=400, contains='expected "image/'
    ),
    FaultRule(
        FaultKind.INVALID_MEDIA, "The server takes no file of this type.", status=400, contains='expected "video/'
    ),
    FaultRule(FaultKind.INVALID_MEDIA, "The server takes no file of this type.", status=400, contains="mimetype"),
    FaultRule(FaultKind.PLATFORM_DOWN, "The server cannot reach Bluesky.", code="UpstreamFailure"),
    FaultRule(FaultKind.PLATFORM_DOWN, "The server cannot reach Bluesky.", code="UpstreamTimeout"),
    FaultRule(FaultKind.PLATFORM_DOWN, "The server is short of resources.", code="NotEnoughResources"),
    FaultRule(FaultKind.UNEXPECTED_ANSWER, "The account's server does not offer this.", code=NOT_OFFERED),
    FaultRule(FaultKind.INVALID_CONTENT, "The server refuses the post.", status=400, code="InvalidRequest"),
)
"""In order: the first rule that matches wins; then what a status means by itself."""

HINTS_BY_CODE: Final = {
    "AuthFactorTokenRequired": "Use an app password: Bluesky, Settings, Privacy and security, App passwords.",
    "AuthenticationRequired": "Check the handle and the app password, or make a new app password, and reconnect.",
    "access_denied": "Start the connection again and press Authorize.",
    "InvalidSwap": "Nothing to do: the platform is asked what stands there.",
    NOT_OFFERED: "Figures need a server that is connected to Bluesky's index: ask who runs the server.",
    "BlobNotFound": "Publish again: the file is uploaded anew.",
}


def refusal(answer: Answer, now: datetime) -> PlatformFault:
    """The fault that an answer other than success stands for, with the server's own code, words and wait."""
    envelope = _envelope(answer)
    code = _text(envelope, "error")
    words = _text(envelope, "message") or _text(envelope, "error_description") or ""
    challenge = answer.headers.get("www-authenticate", "")
    if answer.status == 401 and "invalid_token" in challenge:
        code = "invalid_token"
    if answer.status == 400 and words.startswith("No service configured for"):
        # What a server without an index behind it says of what only an index knows, under the name of bad input.
        code = NOT_OFFERED
    asks_to_wait = answer.status == 429 or "retry-after" in answer.headers
    fault = classify(
        FAULTS,
        status=answer.status,
        code=code,
        words=redact_text(words),
        effect=answer.effect,
        retry_after=retry_after(answer.headers, now) if asks_to_wait else None,
    )
    return PlatformFault(replace(fault, hint=HINTS_BY_CODE.get(code or "", fault.hint)))


def unexpected(message: str, answer: Answer) -> PlatformFault:
    """The fault of a success whose body is not of the documented form."""
    return PlatformFault(
        Fault(
            FaultKind.UNEXPECTED_ANSWER,
            message,
            HINTS[FaultKind.UNEXPECTED_ANSWER],
            effect=answer.effect,
            status=answer.status,
        )
    )


def not_possible(kind: FaultKind, message: str, hint: str) -> PlatformFault:
    """A refusal of our own, before anything was sent."""
    return PlatformFault(Fault(kind, message, hint, effect=Effect.NONE))


def _envelope(answer: Answer) -> dict[str, Any]:
    try:
        body = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _text(envelope: dict[str, Any], name: str) -> str | None:
    value = envelope.get(name)
    return value if isinstance(value, str) and value else None
