"""The record key of a post, chosen by us before the first request.

Because the key follows from the publication's own key, a second sending of the same publication writes the same
record: the account can never show it twice. Form (TID): https://atproto.com/specs/tid, a time in microseconds
and ten bits of a clock's name, in an alphabet that sorts.

Many posts are planned for the same full minute, so the time alone would collide and one post would overwrite
another. The second is therefore real, and everything below it comes from a hash of the publication's key.
"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
MAX_PARTS = 1_000
"""Parts of one thread keep their order within one second up to this number."""


def record_key(attempt_key: UUID, composed_at: datetime, position: int) -> str:
    """The key (13 characters) of one part: equal for equal arguments, and in a thread in the parts' order."""
    digest = int.from_bytes(sha256(attempt_key.bytes).digest()[:8], "big")
    fraction = (digest >> 10) % (1_000_000 - MAX_PARTS) + position % MAX_PARTS
    seconds = int(composed_at.astimezone(UTC).timestamp())
    return _encode((seconds * 1_000_000 + fraction) << 10 | digest & 0x3FF)


def _encode(number: int) -> str:
    """Thirteen digits of five bits; the highest bit of the sixty-four is always zero."""
    number &= (1 << 63) - 1
    return "".join(ALPHABET[number >> shift & 31] for shift in range(60, -1, -5))
