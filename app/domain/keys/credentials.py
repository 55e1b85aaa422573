"""The form of an API key: `postd_live_<id>_<secret><checksum>`.

The prefix lets secret scanners find a leaked key, underscores let a double click select it whole, the checksum
refuses garbage without asking the database. The secret has 256 random bits, so its plain SHA-256 is enough to keep.
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
_ALPHABET: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_FORM: Final = re.compile(rf"{PREFIX}_([0-9A-Za-z]{{22}})_([0-9A-Za-z]{{43}})([0-9A-Za-z]{{6}})")


@dataclass(frozen=True, slots=True)
class Credential:
    """A key taken apart."""

    public_id: str
    secret: Secret

    @property
    def hash(self) -> bytes:
        """What is kept of the secret."""
        return hashlib.sha256(self.secret.reveal().encode()).digest()

    def matches(self, kept: bytes) -> bool:
        """Whether this is the key of which `kept` was kept; in constant time."""
        return hmac.compare_digest(self.hash, kept)

    def presented(self) -> Secret:
        """The key as it is shown to its owner, once."""
        body = f"{PREFIX}_{self.public_id}_{self.secret.reveal()}"
        return Secret(body + _checksum(body))


def generate() -> Credential:
    """A new key."""
    return Credential(_random(22), Secret(_random(43)))


def parse(presented: str) -> Credential | None:
    """Take a presented key apart; None when it is not one of ours."""
    match = _FORM.fullmatch(presented.strip())
    if match is None:
        return None
    public_id, secret, checksum = match.groups()
    if not hmac.compare_digest(_checksum(f"{PREFIX}_{public_id}_{secret}"), checksum):
        return None
    return Credential(public_id, Secret(secret))


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode())
    digits = []
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
