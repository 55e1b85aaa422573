"""What can go wrong with the embedded servers, said so that the reader knows the next step."""

from __future__ import annotations

from typing import Final

OWN_SERVERS: Final = "Or set POSTD_DATABASE_URL and POSTD_REDIS_URL to servers that you run yourself."


class EmbeddedError(RuntimeError):
    """The embedded servers cannot be had. The message says what to do about it."""


def tail(text: str, length: int = 1500) -> str:
    """Give the end of a program's output, where the reason stands."""
    return text[-length:].strip() or "it said nothing"
