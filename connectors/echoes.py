"""Takes back what a platform repeats of our credentials, before anybody reads its answer.

Some platforms quote what they refuse ("the token … is not valid"). A token without a form of its own is not known to
the redactor, but whoever sent it knows it: the transport hides in every refusal what went out with the request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from connectors.redactor import is_secret_name
from connectors.secret import MASK

SHORTEST: Final = 8
"""Shorter values are words that stand in an answer by chance."""


def sent_secrets(headers: Mapping[str, str], fields: Any) -> tuple[bytes, ...]:
    """What went out under a secret name, longest first: of a header also the part behind its scheme."""
    found = {
        form for name, value in headers.items() if is_secret_name(name) for form in (value, value.partition(" ")[2])
    }
    found.update(_values(fields))
    return tuple(sorted((one.encode() for one in found if len(one) >= SHORTEST), key=len, reverse=True))


def taken_back(body: bytes, secrets: Sequence[bytes]) -> bytes:
    """The body without them."""
    for secret in secrets:
        body = body.replace(secret, MASK.encode())
    return body


def _values(value: Any, *, secret: bool = False) -> Iterator[str]:
    if isinstance(value, str):
        if secret:
            yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _values(inner, secret=secret or (isinstance(name, str) and is_secret_name(name)))
    elif isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        for inner in value:
            yield from _values(inner, secret=secret)
