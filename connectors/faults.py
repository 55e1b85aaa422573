"""What can go wrong on a platform, as typed values that say what to do next.

    PlatformFault (exception)
      └── .fault: Fault
            ├── kind     what class of trouble, the same for every platform
            ├── effect   NONE: proved that nothing was published; UNKNOWN: it may have been
            └── ...      sentence, hint, wait, the platform's own status, code and words

Two questions decide what the publisher does: *was there an effect?* and *who can mend it?* The first is
`Fault.effect`, the second follows from `FaultKind`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum


class FaultKind(StrEnum):
    """The class of a fault. Each member says who mends it."""

    AUTH_EXPIRED = "auth_expired"
    """The token is dead or unknown. A refresh mends it, else the user reconnects."""
    PERMISSION_MISSING = "permission_missing"
    """The grant lacks a right. The user reconnects and grants it."""
    ACCOUNT_GONE = "account_gone"
    """The account is suspended, deactivated or deleted. The user mends it on the platform."""
    RATE_LIMITED = "rate_limited"
    """Too many requests. Time mends it; it is not an attempt."""
    QUOTA_EXHAUSTED = "quota_exhausted"
    """A daily or monthly allowance is used up. Time mends it; it is not an attempt."""
    INVALID_CONTENT = "invalid_content"
    """The platform refuses the text or an option. The user edits the post."""
    INVALID_MEDIA = "invalid_media"
    """The platform refuses a file. The user replaces it."""
    POLICY = "policy"
    """The platform refuses on grounds of its rules. The user decides."""
    DUPLICATE = "duplicate"
    """The platform says that it has this content already. Reconcile looks for it."""
    NOT_FOUND = "not_found"
    """The thing that was asked for does not exist on the platform (any more)."""
    UNREACHABLE = "unreachable"
    """No connection was made: the request was safely not sent. Time mends it."""
    NO_ANSWER = "no_answer"
    """The request left and no usable answer came back. Reconcile finds out."""
    PLATFORM_DOWN = "platform_down"
    """The platform answered that it is in trouble (5xx). Time mends it."""
    UNEXPECTED_ANSWER = "unexpected_answer"
    """The answer is not of the documented form. An operator looks; it is retried where that is safe."""
    FORBIDDEN_ADDRESS = "forbidden_address"
    """The address is one that this installation does not call (private network, plain http). The user corrects it."""


class Effect(StrEnum):
    """Whether the request that failed may have changed something on the platform."""

    NONE = "none"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that went wrong, ready to be shown, stored and acted upon."""

    kind: FaultKind
    message: str
    """One sentence for the user, without secrets."""
    hint: str = ""
    """What to do next, in one sentence."""
    effect: Effect = Effect.NONE
    retry_after: timedelta | None = None
    """How long the platform asks us to wait, when it does."""
    status: int | None = None
    """The HTTP status of the answer, when there was one."""
    code: str | None = None
    """The platform's own error code."""
    words: str | None = None
    """The platform's own message, cut to 500 characters and redacted."""
    shared: bool = False
    """Whether a pause that it asks for is the whole application's and not the account's."""
    at_work: bool = False
    """Nothing is wrong: the platform is still busy with what it was given. To wait for it is not an attempt."""


class PlatformFault(Exception):
    """Raised by connectors and by the transport; carries the typed fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"{fault.kind}: {fault.message}")
        self.fault = fault


HINTS: dict[FaultKind, str] = {
    FaultKind.AUTH_EXPIRED: "Reconnect the account; waiting posts go out afterwards.",
    FaultKind.PERMISSION_MISSING: "Reconnect the account and grant the missing permission.",
    FaultKind.ACCOUNT_GONE: "Look at the account on the platform, then reconnect it.",
    FaultKind.RATE_LIMITED: "Nothing to do: the post goes out when the platform allows it again.",
    FaultKind.QUOTA_EXHAUSTED: "Nothing to do: the post goes out when the allowance is renewed.",
    FaultKind.INVALID_CONTENT: "Edit the post and schedule it again.",
    FaultKind.INVALID_MEDIA: "Replace the file and schedule the post again.",
    FaultKind.POLICY: "Read the platform's rules, change the post, or leave it.",
    FaultKind.DUPLICATE: "Look whether the post is already there; change the text to send it again.",
    FaultKind.NOT_FOUND: "Check that it still exists on the platform.",
    FaultKind.UNREACHABLE: "Nothing to do: it is tried again.",
    FaultKind.NO_ANSWER: "Nothing to do: the platform is asked whether the post is there.",
    FaultKind.PLATFORM_DOWN: "Nothing to do: it is tried again when the platform has recovered.",
    FaultKind.UNEXPECTED_ANSWER: "Tell the operator: the platform answered in a form that is not documented.",
    FaultKind.FORBIDDEN_ADDRESS: "Check the address; an operator can allow private addresses with POSTD_EGRESS_ALLOW.",
}


@dataclass(frozen=True, slots=True)
class FaultRule:
    """One line of a platform's fault table: which answers are of which kind.

    A rule matches when every condition that it states holds. Rules are read in order, the first match wins.
    """

    kind: FaultKind
    message: str
    status: int | None = None
    code: str | None = None
    contains: str | None = None
    """A piece of the platform's words, compared without case."""
    hint: str = ""
    """What to do next, where it is not what the kind says."""
    proved: bool = True
    """Whether a 4xx proves that nothing was done. Trouble on the platform's side that wears a 4xx does not."""

    def matches(self, status: int, code: str | None, words: str) -> bool:
        """Whether this rule describes an answer with that status, code and message."""
        return (
            (self.status is None or self.status == status)
            and (self.code is None or self.code == code)
            and (self.contains is None or self.contains.casefold() in words.casefold())
        )


DEFAULT_RULES: tuple[FaultRule, ...] = (
    FaultRule(FaultKind.RATE_LIMITED, "The platform asks for a pause.", status=429),
    FaultRule(FaultKind.AUTH_EXPIRED, "The platform no longer accepts the account's token.", status=401),
    FaultRule(FaultKind.PERMISSION_MISSING, "The platform refuses this action to the account.", status=403),
    FaultRule(FaultKind.NOT_FOUND, "The platform does not know what was asked for.", status=404),
    FaultRule(FaultKind.INVALID_MEDIA, "The platform says that the file is too large.", status=413),
)


def classify(
    rules: Sequence[FaultRule],
    *,
    status: int,
    code: str | None,
    words: str,
    effect: Effect,
    retry_after: timedelta | None = None,
) -> Fault:
    """Turn an error answer into a fault: the platform's own table first, then what a status means by itself.

    `effect` is what a *server* error would mean for this request: `UNKNOWN` where the request is the irreversible
    one, else `NONE`. A 4xx answer proves that nothing was done, whatever the request was, unless its rule says
    otherwise; a redirect proves nothing.
    """
    words = words[:500]
    proved = Effect.NONE if 400 <= status < 500 else effect
    fault = Fault(
        FaultKind.UNEXPECTED_ANSWER,
        f"The platform answered {status}.",
        effect=proved,
        retry_after=retry_after,
        status=status,
        code=code,
        words=words or None,
    )
    for rule in (*rules, *DEFAULT_RULES):
        if rule.matches(status, code, words):
            told = replace(fault, kind=rule.kind, message=rule.message, hint=rule.hint or HINTS[rule.kind])
            return told if rule.proved else replace(told, effect=effect)
    if status >= 500:
        message = f"The platform is in trouble (it answered {status})."
        return replace(fault, kind=FaultKind.PLATFORM_DOWN, message=message, hint=HINTS[FaultKind.PLATFORM_DOWN])
    if 400 <= status < 500:
        message = "The platform refuses the content."
        return replace(fault, kind=FaultKind.INVALID_CONTENT, message=message, hint=HINTS[FaultKind.INVALID_CONTENT])
    return replace(fault, hint=HINTS[FaultKind.UNEXPECTED_ANSWER])
