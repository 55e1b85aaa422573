"""The vault: a secret rests only as AES-256-GCM ciphertext, bound to the one place that it was sealed for.

Envelope: every seal makes a fresh data key (so a nonce can never repeat under one) and wraps it by the newest master
key. Two sets of associated data bind the parts:

* the wrapped data key: format version, *master key id*, place;
* the ciphertext: format version, place. The master key id is left out on purpose: so `rewrap` renews the wrapped key
  and neither opens nor rewrites the ciphertext.

Blob: `PV`, version (1 byte), key id (length in 1 byte), wrapped key (length in 2 bytes), nonce (12 bytes), ciphertext.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
from dataclasses import dataclass, replace
from typing import Final, Protocol, Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from connectors.secret import Secret

_MAGIC: Final = b"PV\x01"
_KEY: Final = 32
_NONCE: Final = 12
_TAG: Final = 16
_KEY_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


class VaultError(Exception):
    """The vault cannot do it. The message is for the operator and holds nothing secret."""


class KeyringInvalid(VaultError):
    """`POSTD_VAULT_KEYS` is not a list of keys."""


class UnknownKey(VaultError):
    """A secret was sealed with a master key that is not in the key ring."""


class SealBroken(VaultError):
    """A blob does not open at this place: damaged, or moved here from another row, field, table or tenant."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a secret rests. A blob opens at its own place only."""

    tenant: UUID | None
    """None for what belongs to the installation."""
    table: str
    row: UUID
    field: str

    def __str__(self) -> str:
        return f"{self.table}.{self.field} of row {self.row}"

    def bound(self) -> bytes:
        """The place as associated data: each part with its length, so that no two places look the same."""
        parts = (self.table.encode(), self.row.bytes, self.field.encode(), self.tenant.bytes if self.tenant else b"")
        return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


class KeyWrapper(Protocol):
    """What holds the master keys: the key ring below, or a key service. Its calls may block: mind the event loop."""

    @property
    def newest(self) -> str:
        """The id of the master key that new secrets are sealed with: at most 255 ASCII characters."""
        ...

    def wrap(self, key_id: str, data_key: bytes, bound: bytes) -> bytes:
        """Encrypt a data key under a master key, with associated data. Raises `UnknownKey`."""
        ...

    def unwrap(self, key_id: str, wrapped: bytes, bound: bytes) -> bytes:
        """Give the data key back. Raises `UnknownKey` or `SealBroken`."""
        ...


class Keyring:
    """Master keys from the installation's settings, newest first. Old ones only open and re-wrap."""

    def __init__(self, keys: dict[str, bytes]) -> None:
        """`keys`: id -> 32 bytes, newest first. Use `parse` for settings."""
        if not keys:
            raise KeyringInvalid("POSTD_VAULT_KEYS is empty: run `postd vault key` and put its line there.")
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `id:base64,id2:base64` (32 bytes each, newest first).

        Raises:
            KeyringInvalid: says which entry is wrong, by its position, and never shows it.
        """
        keys: dict[str, bytes] = {}
        for position, entry in enumerate((word.strip() for word in text.split(",") if word.strip()), start=1):
            key_id, _, encoded = entry.partition(":")
            where = f"entry {position} of POSTD_VAULT_KEYS"
            if not _KEY_ID.fullmatch(key_id) or not encoded:
                raise KeyringInvalid(f"{where} is not `id:base64`: run `postd vault key` for a new one.")
            try:
                key = base64.b64decode(encoded, validate=True)
            except binascii.Error:
                raise KeyringInvalid(f"{where} is not base64: run `postd vault key` for a new one.") from None
            if len(key) != _KEY or len(set(key)) < 8:
                raise KeyringInvalid(f"{where} is not 32 random bytes: run `postd vault key` for a new one.")
            if key_id in keys:
                raise KeyringInvalid(f"{where} has an id that an earlier entry has: ids must differ.")
            keys[key_id] = key
        return cls(keys)

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self._ciphers)})"

    @property
    def newest(self) -> str:
        """The id of the first key."""
        return next(iter(self._ciphers))

    def wrap(self, key_id: str, data_key: bytes, bound: bytes) -> bytes:
        """Encrypt a data key under one of the keys."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher(key_id).encrypt(nonce, data_key, bound)

    def unwrap(self, key_id: str, wrapped: bytes, bound: bytes) -> bytes:
        """Give the data key back."""
        return _decrypt(self._cipher(key_id), wrapped[:_NONCE], wrapped[_NONCE:], bound)

    def _cipher(self, key_id: str) -> AESGCM:
        try:
            return self._ciphers[key_id]
        except KeyError:
            raise UnknownKey(
                f"The master key {key_id!r} is not in POSTD_VAULT_KEYS. Add it behind the newest one; "
                "it can be dropped when `postd vault status` counts no secret under it."
            ) from None


def generate_key() -> str:
    """A new entry for `POSTD_VAULT_KEYS`: `id:base64` of 32 random bytes. Put it in front of the others."""
    return f"k{secrets.token_hex(4)}:{base64.b64encode(os.urandom(_KEY)).decode()}"


class Vault:
    """Seals and opens secrets under the master keys of a wrapper."""

    def __init__(self, keys: KeyWrapper) -> None:
        self._keys = keys

    @property
    def newest(self) -> str:
        """The id of the master key that new secrets are wrapped with."""
        return self._keys.newest

    def seal(self, secret: Secret, at: Place) -> bytes:
        """Encrypt a secret for one place, under the newest master key."""
        key_id, data_key, nonce = self._keys.newest, os.urandom(_KEY), os.urandom(_NONCE)
        sealed = AESGCM(data_key).encrypt(nonce, secret.reveal().encode(), _MAGIC + at.bound())
        wrapped = self._keys.wrap(key_id, data_key, _wrap_bound(key_id, at))
        return _Blob(key_id, wrapped, nonce, sealed).pack()

    def open(self, blob: bytes, at: Place) -> Secret:
        """Decrypt a blob at the place that it was sealed for.

        Raises:
            UnknownKey: the master key is not in the key ring.
            SealBroken: the blob is damaged, or was sealed for another place.
        """
        parts = _Blob.unpack(blob)
        try:
            data_key = self._keys.unwrap(parts.key_id, parts.wrapped, _wrap_bound(parts.key_id, at))
            return Secret(_decrypt(AESGCM(data_key), parts.nonce, parts.sealed, _MAGIC + at.bound()).decode())
        except SealBroken:
            raise _broken(f"The secret in {at}") from None

    def rewrap(self, blob: bytes, at: Place) -> bytes | None:
        """Move a blob to the newest master key without decrypting the secret; None if it is there already.

        Raises: as `open` does. It proves the place, not that the ciphertext is whole.
        """
        parts, newest = _Blob.unpack(blob), self._keys.newest
        if parts.key_id == newest:
            return None
        try:
            data_key = self._keys.unwrap(parts.key_id, parts.wrapped, _wrap_bound(parts.key_id, at))
        except SealBroken:
            raise _broken(f"The secret in {at}") from None
        wrapped = self._keys.wrap(newest, data_key, _wrap_bound(newest, at))
        return replace(parts, key_id=newest, wrapped=wrapped).pack()

    def kek_of(self, blob: bytes) -> str:
        """The id of the master key that a blob is sealed under."""
        return _Blob.unpack(blob).key_id


@dataclass(frozen=True, slots=True)
class _Blob:
    """The parts of a sealed secret."""

    key_id: str
    wrapped: bytes
    nonce: bytes
    sealed: bytes

    def pack(self) -> bytes:
        key_id = self.key_id.encode()
        wrapped = len(self.wrapped).to_bytes(2, "big") + self.wrapped
        return _MAGIC + bytes([len(key_id)]) + key_id + wrapped + self.nonce + self.sealed

    @classmethod
    def unpack(cls, blob: bytes) -> Self:
        head, rest = blob[: len(_MAGIC)], blob[len(_MAGIC) :]
        key_id, rest = _prefixed(rest, 1)
        wrapped, rest = _prefixed(rest, 2)
        if head != _MAGIC or not key_id or not key_id.isascii() or len(rest) < _NONCE + _TAG:
            raise _broken("What stands in place of a sealed secret")
        return cls(key_id.decode(), wrapped, rest[:_NONCE], rest[_NONCE:])


def _prefixed(data: bytes, width: int) -> tuple[bytes, bytes]:
    """Split off one part that has its length in front. A part cut short leaves no rest, which `unpack` refuses."""
    end = width + int.from_bytes(data[:width], "big")
    return data[width:end], data[end:]


def _wrap_bound(key_id: str, at: Place) -> bytes:
    return _MAGIC + len(key_id).to_bytes(2, "big") + key_id.encode() + at.bound()


def _decrypt(cipher: AESGCM, nonce: bytes, sealed: bytes, bound: bytes) -> bytes:
    try:
        return cipher.decrypt(nonce, sealed, bound)
    except (InvalidTag, ValueError):  # ValueError: too short to hold a nonce or a tag
        raise _broken("A sealed value") from None


def _broken(what: str) -> SealBroken:
    return SealBroken(
        f"{what} does not open: it was changed, or sealed for another row, field or tenant. "
        "Restore that row from a backup, or connect the account again."
    )
