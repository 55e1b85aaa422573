"""A delivery's body as people may see it: readable, cut, and without anything that looks like a secret."""

from __future__ import annotations

from typing import Final

import orjson

from connectors.redactor import redact, redact_text

LONGEST: Final = 2000


def shown(body: bytes) -> str:
    """The body as text."""
    if not body:
        return "(emptied)"
    try:
        text = orjson.dumps(redact(orjson.loads(body))).decode()
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        text = redact_text(body.decode(errors="replace"))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
