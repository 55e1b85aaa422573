"""Content identifiers of records and blobs, and the DAG-CBOR form that records are hashed in.

The subset of CBOR that the AT Protocol's data model allows: null, booleans, 64-bit integers, text, bytes, lists,
maps with text keys, and links (tag 42). Source: atproto.com/specs/data-model, ipld.io/specs/codecs/dag-cbor.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

RAW = 0x55
DAG_CBOR = 0x71
_LINK_TAG = 42


def cid_of_bytes(content: bytes) -> str:
    """The CIDv1 of a blob (codec raw, SHA-256, base32)."""
    return _cid(RAW, hashlib.sha256(content).digest())


def cid_of_record(value: Any) -> str:
    """The CIDv1 of a record (codec dag-cbor, SHA-256, base32). Raises ValueError where it is not in the data model."""
    return _cid(DAG_CBOR, hashlib.sha256(encode(value)).digest())


def sha256_of_cid(cid: str) -> str:
    """The SHA-256 in hex that a CID of this form carries. Raises ValueError for any other form."""
    raw = _bytes_of_cid(cid)
    if len(raw) != 36 or raw[0] != 1 or raw[2:4] != b"\x12\x20":
        raise ValueError("not a CIDv1 with SHA-256")
    return raw[4:].hex()


def encode(value: Any) -> bytes:
    """DAG-CBOR of a value in the protocol's JSON form (`$link`, `$bytes`)."""
    match value:
        case None:
            return b"\xf6"
        case bool():
            return b"\xf5" if value else b"\xf4"
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case str():
            data = value.encode()
            return _head(3, len(data)) + data
        case list():
            return _head(4, len(value)) + b"".join(encode(item) for item in value)
        case {"$link": str(link), **rest} if not rest:
            raw = b"\x00" + _bytes_of_cid(link)
            return _head(6, _LINK_TAG) + _head(2, len(raw)) + raw
        case {"$bytes": str(text), **rest} if not rest:
            data = base64.b64decode(text + "=" * (-len(text) % 4))
            return _head(2, len(data)) + data
        case dict():
            keys = sorted((key.encode() for key in value), key=lambda key: (len(key), key))
            pairs = (_head(3, len(key)) + key + encode(value[key.decode()]) for key in keys)
            return _head(5, len(keys)) + b"".join(pairs)
        case _:
            raise ValueError(f"{type(value).__name__} is not in the data model")


def _head(major: int, number: int) -> bytes:
    """The first bytes of a CBOR item, in the shortest form."""
    if number < 24:
        return bytes([major << 5 | number])
    for extra, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << 8 * size:
            return bytes([major << 5 | extra]) + number.to_bytes(size, "big")
    raise ValueError("integer beyond 64 bits")


def _cid(codec: int, digest: bytes) -> str:
    raw = bytes([1, codec, 0x12, 0x20]) + digest
    return "b" + base64.b32encode(raw).decode().rstrip("=").lower()


def _bytes_of_cid(cid: str) -> bytes:
    if not cid.startswith("b"):
        raise ValueError("not a CID in base32")
    text = cid[1:].upper()
    try:
        return base64.b32decode(text + "=" * (-len(text) % 8))
    except binascii.Error as error:
        raise ValueError("not a CID in base32") from error
