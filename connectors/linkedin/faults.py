"""LinkedIn's fault table: which answers are of which kind, and what to do next.

LinkedIn's limits are counted by the day and start anew at midnight UTC; no header says so. Sources: the error tables of
https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api and
https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/error-handling
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from connectors.faults import HINTS, Effect, Fault, FaultKind, FaultRule, PlatformFault, classify
from connectors.redactor import redact_text
from connectors.retry_after import retry_after
from connectors.transport import Answer

K = FaultKind

OUTDATED: Final = "This version of POSTD speaks a version of LinkedIn's API that LinkedIn has ended."
_UPDATE: Final = "Tell the operator: install a newer POSTD; posts go out then."
_UPLOAD: Final = "Nothing to do: the file is uploaded anew."

FAULTS: Final = (
    FaultRule(K.UNEXPECTED_ANSWER, OUTDATED, status=426, hint=_UPDATE),
    FaultRule(K.UNEXPECTED_ANSWER, OUTDATED, code="NONEXISTENT_VERSION", hint=_UPDATE),
    FaultRule(K.UNEXPECTED_ANSWER, OUTDATED, code="VERSION_MISSING", hint=_UPDATE),
    FaultRule(K.AUTH_EXPIRED, "The access to LinkedIn has run out.", status=401, code="EXPIRED_ACCESS_TOKEN"),
    FaultRule(
        K.AUTH_EXPIRED, "The member has withdrawn the access, or a newer sign-in ended it.", code="REVOKED_ACCESS_TOKEN"
    ),
    FaultRule(K.AUTH_EXPIRED, "LinkedIn does not know the access token.", status=401),
    FaultRule(K.QUOTA_EXHAUSTED, "LinkedIn's allowance for today is used up.", status=429, contains="DAY limit"),
    FaultRule(K.RATE_LIMITED, "LinkedIn asks for a pause.", status=429),
    FaultRule(K.DUPLICATE, "LinkedIn says that it has this text already.", code="DUPLICATE_POST"),
    FaultRule(K.DUPLICATE, "LinkedIn says that it has this text already.", status=422, contains="duplicate"),
    FaultRule(K.DUPLICATE, "LinkedIn says that it has this text already.", status=409, contains="duplicate"),
    FaultRule(K.DUPLICATE, "LinkedIn says that it has this text already.", status=400, contains="duplicate"),
    FaultRule(K.PLATFORM_DOWN, "LinkedIn is still processing the file.", code="MEDIA_ASSET_WAITING_UPLOAD"),
    FaultRule(K.PLATFORM_DOWN, "The address for the upload has run out.", code="EXPIRED_UPLOAD_URL", hint=_UPLOAD),
    FaultRule(K.INVALID_MEDIA, "LinkedIn could not process the file.", code="MEDIA_ASSET_PROCESSING_FAILED"),
    FaultRule(K.INVALID_MEDIA, "LinkedIn does not know the video.", code="INVALID_VIDEO_ID"),
    FaultRule(
        K.PERMISSION_MISSING,
        "The file belongs to another account.",
        code="INVALID_CONTENT_OWNERSHIP",
        hint="Connect the page again with a member who manages it.",
    ),
    FaultRule(
        K.PERMISSION_MISSING,
        "LinkedIn refuses this to the account: a right is missing, or the member no longer manages the page.",
        status=403,
        hint="Look at the member's role on the page, then connect again.",
    ),
    FaultRule(K.INVALID_CONTENT, "A text of the post is too long for LinkedIn.", code="FIELD_LENGTH_TOO_LONG"),
    FaultRule(K.INVALID_CONTENT, "LinkedIn misses something in the post.", code="MISSING_FIELD"),
    FaultRule(K.INVALID_CONTENT, "LinkedIn does not take a value of the post.", code="INVALID_VALUE_FOR_FIELD"),
    FaultRule(K.INVALID_CONTENT, "A mention in the post names something of the wrong kind.", code="INVALID_URN_TYPE"),
    FaultRule(K.INVALID_CONTENT, "A mention in the post names something that LinkedIn lacks.", code="INVALID_URN_ID"),
    FaultRule(K.NOT_FOUND, "LinkedIn does not have what was asked for (any more).", status=404),
    # It may come after the post was made: the activity that could not be obtained is the post's own.
    FaultRule(
        K.PLATFORM_DOWN, "LinkedIn is in trouble.", status=400, contains="Unable to obtain activity", proved=False
    ),
    FaultRule(K.INVALID_CONTENT, "LinkedIn refuses the text or an option.", status=422),
    FaultRule(K.INVALID_CONTENT, "LinkedIn refuses the text or an option.", status=400),
)
"""For calls with an account's token, in order: the first rule that matches wins."""

NOT_READY_WAIT: Final = timedelta(seconds=30)
"""When to look again at a file that LinkedIn is still processing."""


def refusal(answer: Answer, now: datetime, *, missing: str | None = None) -> PlatformFault:
    """The fault that an answer other than success stands for; `missing` is the sentence for a 404."""
    code, words = reason(answer)
    fault = classify(
        FAULTS,
        status=answer.status,
        code=code,
        words=redact_text(words),
        effect=answer.effect,
        retry_after=retry_after(answer.headers, now) if answer.status in {429, 503} else None,
    )
    if fault.kind is K.QUOTA_EXHAUSTED and fault.retry_after is None:
        fault = replace(fault, retry_after=until_midnight(now))
    if fault.code == "MEDIA_ASSET_WAITING_UPLOAD":
        fault = replace(fault, retry_after=NOT_READY_WAIT)
    if missing is not None and answer.status == 404:
        fault = replace(fault, message=missing)
    return PlatformFault(fault)


def reason(answer: Answer) -> tuple[str | None, str]:
    """The code and the words of a refusal; a code about one field says more than the one about the request."""
    try:
        found: Any = answer.json()
    except PlatformFault:
        return None, ""
    if not isinstance(found, Mapping):
        return None, ""
    codes = [*_input_codes(found), found.get("code")]
    code = next((item for item in codes if isinstance(item, str) and item), None)
    return code, str(found.get("message") or "")


def unexpected(answer: Answer, message: str) -> PlatformFault:
    """The fault for a success whose content is not what is documented."""
    kind = K.UNEXPECTED_ANSWER
    return PlatformFault(Fault(kind, message, hint=HINTS[kind], effect=answer.effect, status=answer.status))


def refused(kind: FaultKind, message: str, hint: str | None = None, *, code: str | None = None) -> PlatformFault:
    """A fault of our own finding, without an effect."""
    return PlatformFault(
        Fault(kind, message, hint=HINTS[kind] if hint is None else hint, effect=Effect.NONE, code=code)
    )


def still_processing() -> PlatformFault:
    """The fault for a file that is not ready after all our looks: nothing is wrong, time mends it."""
    trouble = refused(K.PLATFORM_DOWN, "LinkedIn has not finished processing the file.")
    return PlatformFault(replace(trouble.fault, retry_after=NOT_READY_WAIT))


def until_midnight(now: datetime) -> timedelta:
    """How long LinkedIn's day still lasts."""
    utc = now.astimezone(UTC)
    midnight = (utc + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - utc


def _input_codes(found: Mapping[str, Any]) -> Iterator[Any]:
    details = found.get("errorDetails")
    errors = details.get("inputErrors") if isinstance(details, Mapping) else None
    for item in errors if isinstance(errors, list) else []:
        if isinstance(item, Mapping):
            yield item.get("code")
