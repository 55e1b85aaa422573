"""Reads the body of an answer with a cap on what it may cost: as it is sent, and as it unfolds.

A few kilobytes of gzip can unfold to gigabytes, so the cap holds for the decompressed bytes while they appear.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterable, Mapping
from typing import Final

ACCEPTED_ENCODINGS: Final = "gzip"
_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS


class BodyRefused(Exception):
    """The body is larger than the cap, or it is not encoded in a way that was asked for."""


async def read_capped(chunks: AsyncIterable[bytes], headers: Mapping[str, str], max_bytes: int) -> bytes:
    """The whole body, decoded. Raises `BodyRefused` as soon as it is known to pass `max_bytes`."""
    stated = headers.get("content-length", "")
    if stated.isascii() and stated.isdigit() and int(stated) > max_bytes:
        raise BodyRefused(f"The answer is larger than {max_bytes} bytes.")
    unfold = _decoder(headers.get("content-encoding", ""))
    body = bytearray()
    async for chunk in chunks:
        body += chunk if unfold is None else _unfolded(unfold, chunk, max_bytes - len(body) + 1)
        if len(body) > max_bytes:
            raise BodyRefused(f"The answer is larger than {max_bytes} bytes.")
    if unfold is not None and body and not unfold.eof:
        raise BodyRefused("The compressed answer ends too early.")
    return bytes(body)


def _decoder(encoding: str) -> zlib._Decompress | None:
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return None
    if name in {"gzip", "x-gzip"}:
        return zlib.decompressobj(_GZIP_WINDOW)
    raise BodyRefused("The answer is compressed in a way that was not asked for.")


def _unfolded(unfold: zlib._Decompress, chunk: bytes, room: int) -> bytes:
    try:
        return unfold.decompress(chunk, room)
    except zlib.error as error:
        raise BodyRefused("The compressed answer is damaged.") from error
