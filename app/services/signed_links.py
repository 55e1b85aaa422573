"""Addresses that work for a short time without a key: signed by us, checked by us, stored nowhere.

The signature is HMAC-SHA256 over what is opened and until when. Its key is derived from each master key of the
vault's key ring (HMAC-SHA256 of a fixed label under the master key, as HKDF's second step does, RFC 5869 section
2.3). So every process of the installation signs alike without one more secret to keep, a rotation of the master keys
rotates the links as well, and the derived key tells nothing about the master key or anything sealed with it. Links
are signed with the newest key and accepted from any in the ring.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Self

LIFE: Final = timedelta(minutes=15)
"""How long an address works."""
_LABEL: Final = b"postd signed links v1"


class LinkSigner:
    """Signs and checks. Cheap to make."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """`keys`: master keys, newest first. Use `of`."""
        self._keys = tuple(hmac.digest(key, _LABEL, hashlib.sha256) for key in keys)

    @classmethod
    def of(cls, vault_keys: str) -> Self:
        """The signer of an installation, from `POSTD_VAULT_KEYS` in a form that the vault has accepted."""
        entries = (word.strip() for word in vault_keys.split(",") if word.strip())
        return cls([base64.b64decode(entry.partition(":")[2]) for entry in entries])

    def sign(self, what: str, until: datetime) -> tuple[int, str]:
        """When it ends (seconds since 1970) and the signature, for the address of `what`, e.g. `media:<id>`."""
        expires = int(until.timestamp())
        return expires, self._signature(self._keys[0], what, expires)

    def valid(self, what: str, expires: str, signature: str, now: datetime) -> bool:
        """Whether we signed exactly this, and its time has not passed."""
        if not (expires.isascii() and expires.isdigit() and len(expires) <= 11 and signature.isascii()):
            return False
        ends = int(expires)
        known = [hmac.compare_digest(self._signature(key, what, ends), signature) for key in self._keys]
        return any(known) and now.astimezone(UTC).timestamp() < ends

    @staticmethod
    def _signature(key: bytes, what: str, expires: int) -> str:
        mac = hmac.digest(key, f"{what}\n{expires}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
