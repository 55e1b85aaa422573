"""What the error codes of OAuth mean for us: one table for every authorization server.

RFC 6749 §4.1.2.1 and §5.2, RFC 7009 §2.2.1, RFC 9126 §2.3, RFC 9449 §5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from connectors.faults import HINTS, Effect, Fault, FaultKind, FaultRule, PlatformFault, classify
from connectors.redactor import redact_text
from connectors.retry_after import retry_after
from connectors.secret import Secret
from connectors.transport import Answer

OAUTH_RULES: Final[tuple[FaultRule, ...]] = (
    FaultRule(FaultKind.AUTH_EXPIRED, "The platform no longer accepts this grant.", code="invalid_grant"),
    FaultRule(FaultKind.AUTH_EXPIRED, "The platform no longer accepts the account's token.", code="invalid_token"),
    FaultRule(FaultKind.AUTH_EXPIRED, "The platform does not accept our client id or secret.", code="invalid_client"),
    FaultRule(FaultKind.AUTH_EXPIRED, "The platform does not allow our client to do this.", code="unauthorized_client"),
    FaultRule(FaultKind.PERMISSION_MISSING, "Access was not granted.", code="access_denied"),
    FaultRule(FaultKind.PERMISSION_MISSING, "The platform does not grant these scopes.", code="invalid_scope"),
    FaultRule(FaultKind.RATE_LIMITED, "The platform asks for a pause.", code="slow_down"),
    FaultRule(FaultKind.PLATFORM_DOWN, "The platform cannot authorize at the moment.", code="temporarily_unavailable"),
    FaultRule(FaultKind.PLATFORM_DOWN, "The platform failed while authorizing.", code="server_error"),
)
_HINTS_BY_CODE: Final[Mapping[str, str]] = {
    "invalid_client": "Connect again. If that does not help, the operator checks the client id and secret.",
    "unauthorized_client": "Connect again. If that does not help, the operator checks the app's settings there.",
    "access_denied": "Connect again and agree on the platform's page.",
}
# A 400 at an authorization server is about our request, never about a post.
_NOT_CONTENT: Final = FaultKind.UNEXPECTED_ANSWER


def oauth_fault(answer: Answer, now: datetime, rules: Sequence[FaultRule] = ()) -> PlatformFault:
    """The fault in a refusal of an authorization server; the platform's own `rules` come first."""
    try:
        said = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        said = None
    fields: Mapping[str, Any] = said if isinstance(said, dict) else {}
    wait = retry_after(answer.headers, now) if answer.status in {429, 503} else None
    return _fault(rules, answer.status, _text(fields.get("error")), _text(fields.get("error_description")), wait)


def callback_code(params: Mapping[str, str], rules: Sequence[FaultRule] = ()) -> Secret:
    """The authorization code of a callback. Raises `PlatformFault` where it carries an error, or no code."""
    if params.get("error"):
        raise _fault(rules, 400, params["error"], params.get("error_description"), None)
    if not params.get("code"):
        message = "The platform sent the user back without a code."
        raise PlatformFault(Fault(_NOT_CONTENT, message, hint="Connect again."))
    return Secret(params["code"])


def _fault(
    rules: Sequence[FaultRule], status: int, code: str | None, words: str | None, wait: timedelta | None
) -> PlatformFault:
    shown = redact_text(words or "")
    fault = classify(
        (*rules, *OAUTH_RULES), status=status, code=code, words=shown, effect=Effect.NONE, retry_after=wait
    )
    if fault.kind is FaultKind.INVALID_CONTENT:
        message = f"The platform refuses the authorization request ({code or status})."
        fault = replace(fault, kind=_NOT_CONTENT, message=message, hint=HINTS[_NOT_CONTENT])
    return PlatformFault(replace(fault, hint=_HINTS_BY_CODE.get(code or "", fault.hint)))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
