"""The form of what callers present: `postd_live_<id>_<secret><checksum>`, and other prefixes for people's sessions.

The prefix tells which kind it is and lets secret scanners find what leaked, underscores let a double click select it
whole, the checksum refuses garbage without asking the database. The secret has 256 random bits, so its plain SHA-256
is enough to keep.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
import zlib
from dataclasses import dataclass
from typing import Final

from connectors.secret import Secret

PREFIX: Final = "postd_live"
"""An API key."""
ACCESS: Final = "postd_at"
"""A person's access token."""
REFRESH: Final = "postd_rt"
"""What a new access token is got for, once."""
COOKIE: Final = "postd_cs"
"""A browser's session."""
_ALPHABET: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_FORM: Final = re.compile(r"(postd_[a-z]+)_([0-9A-Za-z]{22})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})")


@dataclass(frozen=True, slots=True)
class Credential:
    """A key or a token taken apart."""

    public_id: str
    secret: Secret
    prefix: str = PREFIX

    @property
    def hash(self) -> bytes:
        """What is kept of the secret."""
        return hashlib.sha256(self.secret.reveal().encode()).digest()

    def matches(self, kept: bytes) -> bool:
        """Whether this is the key of which `kept` was kept; in constant time."""
        return hmac.compare_digest(self.hash, kept)

    def presented(self) -> Secret:
        """The key as it is shown to its owner, once."""
        body = f"{self.prefix}_{self.public_id}_{self.secret.reveal()}"
        return Secret(body + _checksum(body))


def generate(prefix: str = PREFIX, public_id: str | None = None) -> Credential:
    """A new key or token; with `public_id`, another one of the same name."""
    return Credential(public_id or _random(22), Secret(_random(43)), prefix)


def parse(presented: str, prefix: str = PREFIX) -> Credential | None:
    """Take what was presented apart; None when it is not one of ours, or of another kind."""
    match = _FORM.fullmatch(presented.strip())
    if match is None or match[1] != prefix:
        return None
    _, public_id, secret, checksum = match.groups()
    if not hmac.compare_digest(_checksum(f"{prefix}_{public_id}_{secret}"), checksum):
        return None
    return Credential(public_id, Secret(secret), prefix)


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode())
    digits = []
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
