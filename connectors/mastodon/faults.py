"""Mastodon's fault table: which answers are of which kind.

The server's sentences are translated and change between versions, so a rule matches on the status first;
words only tell apart what the status leaves open. Source: https://docs.joinmastodon.org/api/guidelines/
and the error answers on each method's page.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from connectors.faults import HINTS, Effect, Fault, FaultKind, FaultRule, PlatformFault, classify
from connectors.redactor import redact_text
from connectors.retry_after import retry_after
from connectors.transport import Answer

FAULTS: Final = (
    FaultRule(FaultKind.AUTH_EXPIRED, "The server no longer accepts the account's token.", status=401),
    FaultRule(FaultKind.PERMISSION_MISSING, "The connection lacks a right.", status=403, contains="authorized scopes"),
    FaultRule(FaultKind.ACCOUNT_GONE, "The account is disabled on its server.", status=403, contains="disabled"),
    FaultRule(FaultKind.ACCOUNT_GONE, "The account's e-mail address is not confirmed.", status=403, contains="e-mail"),
    FaultRule(
        FaultKind.ACCOUNT_GONE,
        "The server's moderators have not approved the account yet.",
        status=403,
        contains="pending approval",
    ),
    FaultRule(FaultKind.PERMISSION_MISSING, "The server refuses this action to the account.", status=403),
    FaultRule(FaultKind.ACCOUNT_GONE, "The server says that this is gone for ever.", status=410),
    FaultRule(FaultKind.RATE_LIMITED, "The server asks for a pause.", status=429),
    FaultRule(
        FaultKind.PLATFORM_DOWN,
        "The server has not finished processing the file.",
        status=422,
        contains="finished processing",
    ),
    FaultRule(
        FaultKind.DUPLICATE, "The server says that it has this already.", status=422, contains="duplicate record"
    ),
    FaultRule(
        FaultKind.INVALID_MEDIA, "The server does not take this kind of file.", status=422, contains="content type"
    ),
    FaultRule(FaultKind.INVALID_MEDIA, "The server refuses the file.", status=422, contains="validation failed: file"),
    FaultRule(FaultKind.INVALID_MEDIA, "The server refuses these files in one post.", status=422, contains="attach"),
    FaultRule(FaultKind.INVALID_CONTENT, "The server refuses the text or an option.", status=422),
    FaultRule(FaultKind.INVALID_CONTENT, "The server misses something in the post.", status=400),
)
"""For calls with an account's token, in order: the first rule that matches wins."""

NOT_READY_WAIT: Final = timedelta(seconds=30)
"""When to look again at a file that the server is still processing."""


def refusal(answer: Answer, now: datetime, *, missing: str | None = None) -> PlatformFault:
    """The fault that an answer other than success stands for.

    `now` reads waits that are given as a moment (`X-RateLimit-Reset`); `missing` is the sentence for a 404.
    """
    # `X-RateLimit-Reset` comes with every answer; it is a wait only where a pause is asked for.
    wait = retry_after(answer.headers, now) if answer.status in {429, 503} else None
    fault = classify(
        FAULTS,
        status=answer.status,
        code=None,
        words=redact_text(_words(answer)),
        effect=answer.effect,
        retry_after=wait,
    )
    if fault.kind is FaultKind.PLATFORM_DOWN and answer.status == 422:
        fault = replace(fault, retry_after=NOT_READY_WAIT)
    if missing is not None and answer.status == 404:
        fault = replace(fault, message=missing)
    return PlatformFault(fault)


def unexpected(answer: Answer, message: str) -> PlatformFault:
    """The fault for a success whose content is not what is documented."""
    kind = FaultKind.UNEXPECTED_ANSWER
    return PlatformFault(Fault(kind, message, hint=HINTS[kind], effect=answer.effect, status=answer.status))


def refused(kind: FaultKind, message: str, hint: str | None = None, *, code: str | None = None) -> PlatformFault:
    """A fault of our own finding, before anything was sent."""
    return PlatformFault(
        Fault(kind, message, hint=HINTS[kind] if hint is None else hint, effect=Effect.NONE, code=code)
    )


def still_processing() -> PlatformFault:
    """The fault for a file that is not ready after all our looks: nothing is wrong, time mends it."""
    trouble = refused(FaultKind.PLATFORM_DOWN, "The server has not finished processing the file.")
    return PlatformFault(replace(trouble.fault, retry_after=NOT_READY_WAIT))


def _words(answer: Answer) -> str:
    """The server's own sentence, where it gives one."""
    try:
        body: Any = answer.json()
    except PlatformFault:
        return ""
    return str(body.get("error") or "") if isinstance(body, dict) else ""
