"""Files of tests: videos and documents of any size, with a count of how often each was opened."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

from connectors.capabilities import MediaKind
from connectors.contract import Media, PrepareStep


def video(size: int, name: str = "v1") -> Media:
    """A video of so many bytes, in pieces that fit no part."""
    data = bytes(index % 251 for index in range(size))

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, size, 70_001):
            yield data[start : start + 70_001]

    return Media(name, MediaKind.VIDEO, "video/mp4", size, chunks, duration=timedelta(seconds=9), filename="film.mp4")


def document(name: str = "d1") -> Media:
    """A small PDF."""
    data = b"%PDF-1.7\n" + b"x" * 200

    async def chunks() -> AsyncIterator[bytes]:
        yield data

    return Media(name, MediaKind.DOCUMENT, "application/pdf", len(data), chunks, filename="prices.pdf")


def broken_picture(name: str = "b1") -> Media:
    """A picture that is none."""

    async def chunks() -> AsyncIterator[bytes]:
        yield b"not a picture"

    return Media(name, MediaKind.IMAGE, "image/png", 13, chunks, alt="Nothing", filename="red.png")


class Saved:
    """Keeps the checkpoints of a `prepare`; `die_after` so many of them the process ends."""

    def __init__(self, die_after: int | None = None) -> None:
        self.checkpoints: list[Mapping[str, Any]] = []
        self._die_after = die_after

    async def __call__(self, step: PrepareStep, checkpoint: Mapping[str, Any]) -> None:
        """Store one."""
        self.checkpoints.append(checkpoint)
        if len(self.checkpoints) == self._die_after:
            raise ConnectionAbortedError("the process died")
