"""One request and its answer as a person may read it later: the lines of an attempt's timeline.

An `Exchange` holds no secret: addresses, bodies and words pass the redactor before they come in, and long bodies are
cut. The transport makes one a request (one a hop of a redirect) and hands it to whoever wants to store it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from connectors.redactor import redact, redact_text

SUMMARY_CHARACTERS: Final = 2_000
"""Longer bodies are cut to this."""
PARSED_BYTES: Final = 64_000
"""Longer JSON bodies are read as text: their head is enough for a summary."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What went out, what came back, how long it took."""

    method: str
    url: str
    """Without secrets."""
    ms: int
    """From the start of the call to its end, waiting for a connection included."""
    sent: bool
    """Whether the request had been handed to the network: only then can it have had an effect."""
    status: int | None = None
    """None: no answer came."""
    request: str = ""
    response: str = ""
    code: str | None = None
    """The platform's own error code, or ours (a fault's kind) where no answer came."""


Recorder = Callable[[Exchange], None]
"""Takes each exchange as it ends. It must not raise: the answer would be lost."""


def summarize_json(value: Any) -> str:
    """A JSON value without secrets, cut to `SUMMARY_CHARACTERS`."""
    return orjson.dumps(redact(value), option=orjson.OPT_NON_STR_KEYS).decode()[:SUMMARY_CHARACTERS]


def summarize_body(body: bytes, content_type: str) -> str:
    """A body without secrets: JSON and text are shown, everything else is only counted."""
    kind = content_type.partition(";")[0].strip().lower()
    if not body:
        return ""
    if kind.endswith("json") and len(body) <= PARSED_BYTES:
        try:
            return summarize_json(orjson.loads(body))
        except orjson.JSONDecodeError:
            pass  # shown as text
    if kind.endswith("json") or kind.startswith("text/") or kind == "application/x-www-form-urlencoded":
        # A secret that is cut in two would no longer be recognised: redact more than is shown, then cut.
        return redact_text(body[: SUMMARY_CHARACTERS * 4].decode(errors="replace"))[:SUMMARY_CHARACTERS]
    return f"<{len(body)} bytes {kind or 'of no stated type'}>"


def platform_code(body: bytes) -> str | None:
    """The error code in a platform's JSON answer, looked for where platforms put it; None where there is none."""
    if not body or len(body) > PARSED_BYTES:
        return None
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return _code_in(value)


def _code_in(value: Any) -> str | None:
    if not isinstance(value, Mapping):
        return None
    error = value.get("error")
    errors = value.get("errors")
    nested: Mapping[str, Any] = {}
    if isinstance(error, Mapping):
        nested = error
    elif isinstance(errors, Sequence) and errors and isinstance(errors[0], Mapping):
        nested = errors[0]
    for holder, names in ((nested, ("code", "type", "status", "reason")), (value, ("error", "code", "error_code"))):
        for name in names:
            found = holder.get(name)
            if isinstance(found, str | int) and not isinstance(found, bool):
                return redact_text(str(found))[:100]
    return None
