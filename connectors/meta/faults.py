"""Error answers of Meta's APIs as faults: the codes decide, Meta's own words are kept for the user to read."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import orjson

from connectors.faults import HINTS, Effect, Fault, FaultKind, PlatformFault
from connectors.meta.rules import COMMON, OBJECT_MISSING, GraphRule
from connectors.meta.usage import pause
from connectors.redactor import redact_text
from connectors.transport import Answer

NEEDS_TIME: Final = frozenset({FaultKind.RATE_LIMITED, FaultKind.QUOTA_EXHAUSTED})


class Refusal(PlatformFault):
    """A fault with Meta's own error, where more than the fault is to be read from it (`error_data`)."""

    def __init__(self, fault: Fault, error: Mapping[str, Any]) -> None:
        super().__init__(fault)
        self.error = error


def refusal(answer: Answer, now: datetime, rules: Sequence[GraphRule] = (), *, missing: str | None = None) -> Refusal:
    """The fault of an answer with an error.

    `rules` come before those that hold everywhere. `missing` is the sentence for an object that is not there; without
    it, that is taken for the account itself.
    """
    error = error_of(answer.body)
    code, subcode = _number(error.get("code")), _number(error.get("error_subcode"))
    words = redact_text(_words(error))[:500]
    known = code_of(code, subcode)
    if known == OBJECT_MISSING and missing is not None:
        kind = FaultKind.NOT_FOUND
        return Refusal(Fault(kind, missing, HINTS[kind], status=answer.status, code=known, words=words or None), error)
    rule = _rule(answer, error, (*rules, *COMMON), words)
    wait = pause(answer.headers, now) or rule.wait if rule.kind in NEEDS_TIME else rule.wait
    fault = Fault(
        rule.kind,
        rule.message,
        hint=rule.hint or HINTS[rule.kind],
        effect=Effect.NONE if rule.proved else answer.effect,
        retry_after=wait,
        status=answer.status,
        code=known,
        words=words or None,
        shared=rule.shared,
    )
    return Refusal(fault, error)


def _rule(answer: Answer, error: Mapping[str, Any], rules: Sequence[GraphRule], words: str) -> GraphRule:
    code, subcode = _number(error.get("code")), _number(error.get("error_subcode"))
    found = next((rule for rule in rules if rule.matches(code, subcode, words)), None) if code is not None else None
    passing = error.get("is_transient") is True and found is not None and found.kind is FaultKind.INVALID_CONTENT
    if found is not None and not passing:
        return found
    if answer.status == 429:
        return GraphRule(FaultKind.RATE_LIMITED, "Meta asks for a pause.")
    if error.get("is_transient") is True or answer.status >= 500:
        return GraphRule(FaultKind.PLATFORM_DOWN, f"Meta is in trouble (it answered {answer.status}).", proved=False)
    return GraphRule(
        FaultKind.UNEXPECTED_ANSWER, f"Meta refused, for a reason not known here ({answer.status}).", proved=False
    )


def by_subcode(rules: Sequence[GraphRule], subcode: int) -> GraphRule | None:
    """The rule of a subcode that was stated without its code, as in a container's status."""
    return next((rule for rule in rules if rule.subcodes is not None and subcode in rule.subcodes), None)


def unexpected(answer: Answer, message: str) -> PlatformFault:
    """The fault for a success whose content is not what is documented."""
    kind = FaultKind.UNEXPECTED_ANSWER
    return PlatformFault(Fault(kind, message, HINTS[kind], effect=answer.effect, status=answer.status))


def lacking(message: str, *, effect: bool) -> PlatformFault:
    """The fault for a success that leaves out what matters; `effect` where it answers the irreversible request."""
    kind = FaultKind.UNEXPECTED_ANSWER
    return PlatformFault(Fault(kind, message, HINTS[kind], effect=Effect.UNKNOWN if effect else Effect.NONE))


def refused(kind: FaultKind, message: str, hint: str = "", *, code: str | None = None) -> PlatformFault:
    """A fault of our own finding: nothing was sent."""
    return PlatformFault(Fault(kind, message, hint or HINTS[kind], code=code))


def code_of(code: int | None, subcode: int | None) -> str | None:
    """Code and subcode as faults show them, e.g. `190/463`."""
    if code is None:
        return None
    return f"{code}/{subcode}" if subcode is not None else str(code)


def says(fault: Fault, numbers: Container[int]) -> bool:
    """Whether the fault's code or subcode is one of these numbers."""
    return any(int(number) in numbers for number in (fault.code or "").split("/") if number.isdecimal())


def error_of(body: bytes) -> Mapping[str, Any]:
    """The error in an answer's body; empty where there is none, whatever the body is."""
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    error = said.get("error") if isinstance(said, Mapping) else None
    return error if isinstance(error, Mapping) else {}


def _words(error: Mapping[str, Any]) -> str:
    """What Meta says to the user where it does, else to the developer."""
    parts = [error.get(name) for name in ("error_user_title", "error_user_msg")]
    shown = " ".join(part for part in parts if isinstance(part, str) and part)
    message = error.get("message")
    return shown or (message if isinstance(message, str) else "")


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
