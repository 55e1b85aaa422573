"""Moves files without holding them: plans of chunks, exact portions of a stream, a digest on the way.

Everything works on async iterators of bytes, as `Media.open` gives them. Only `read_all` holds a file in memory, and
only up to a cap.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from connectors.faults import HINTS, Fault, FaultKind, PlatformFault


@dataclass(frozen=True, slots=True)
class Chunk:
    """One piece of a file: where it starts, how long it is, how large the whole is (bytes)."""

    offset: int
    size: int
    total: int

    @property
    def end(self) -> int:
        """The position after the last byte."""
        return self.offset + self.size

    @property
    def last(self) -> bool:
        """Whether the file ends with it."""
        return self.end == self.total

    @property
    def content_range(self) -> str:
        """The value of `Content-Range` (RFC 9110 §14.4), e.g. `bytes 0-99/250`."""
        return f"bytes {self.offset}-{self.end - 1}/{self.total}"


def chunk_plan(total: int, size: int, *, start: int = 0) -> Iterator[Chunk]:
    """The chunks of a file of `total` bytes, each of `size` bytes but the last; `start` resumes in the middle.

    Raises ValueError for sizes that make no plan.
    """
    if size < 1 or total < 0 or not 0 <= start <= total:
        raise ValueError("a plan needs a chunk size of at least 1 and a start inside the file")
    for offset in range(start, total, size):
        yield Chunk(offset, min(size, total - offset), total)


async def portions(source: AsyncIterator[bytes], size: int) -> AsyncIterator[bytes]:
    """The same bytes in portions of exactly `size` bytes (the last may be shorter), however they come in."""
    if size < 1:
        raise ValueError("a portion has at least 1 byte")
    held = bytearray()
    async for piece in source:
        held += piece
        start = 0
        while len(held) - start >= size:
            yield bytes(held[start : start + size])
            start += size
        del held[:start]
    if held:
        yield bytes(held)


async def skip(source: AsyncIterator[bytes], count: int) -> AsyncIterator[bytes]:
    """The same bytes without the first `count`: the rest of an upload that was interrupted there."""
    async for piece in source:
        if count >= len(piece):
            count -= len(piece)
            continue
        yield piece[count:]
        count = 0


class Digest:
    """SHA-256 and length of a stream, taken while it passes."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.size = 0

    async def watch(self, source: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The same bytes; ask for the digest after the last one."""
        async for piece in source:
            self._hash.update(piece)
            self.size += len(piece)
            yield piece

    def hexdigest(self) -> str:
        """The digest of what has passed so far, in hex."""
        return self._hash.hexdigest()


async def read_all(source: AsyncIterator[bytes], max_bytes: int) -> bytes:
    """The whole stream. Raises `PlatformFault` (`INVALID_MEDIA`) as soon as it is longer than `max_bytes`."""
    held = bytearray()
    async for piece in source:
        held += piece
        if len(held) > max_bytes:
            kind = FaultKind.INVALID_MEDIA
            raise PlatformFault(Fault(kind, f"The file is larger than {max_bytes} bytes.", hint=HINTS[kind]))
    return bytes(held)
