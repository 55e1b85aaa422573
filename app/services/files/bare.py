"""An image file with nothing in it but what shows: blocks that carry pixels or how to show them are kept, others go.

What goes: EXIF and XMP with places and names, comments, texts, thumbnails, colour profiles, unknown blocks, and what
lies behind the image's end. No pixel is decoded and none changes. Formats: PNG (with APNG), GIF89a, WebP (RIFF), JPEG
(ITU-T T.81 annex B).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

Span = tuple[int, int, bool]
"""From where to where a block goes, and whether it is kept."""

_MOST_BLOCKS: Final = 200_000
"""More than any image has, and few enough to be held in memory."""
_PNG_KEPT: Final = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs", b"bKGD"}
    | {b"acTL", b"fcTL", b"fdAT"}
)
_WEBP_KEPT: Final = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"})
_WEBP_SHOWS: Final = 0x02 | 0x10  # flags of VP8X: animation, transparency; profile, EXIF and XMP go
_GIF_LOOPS: Final = frozenset({b"NETSCAPE2.0", b"ANIMEXTS1.0"})
_JPEG_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


class NotWhole(Exception):
    """The file's blocks do not add up to an image."""


def bare(data: bytes, mime: str) -> bytes | None:
    """The file without what does not show: the same bytes where there was nothing. None for other types.

    Raises:
        NotWhole: it is damaged.
    """
    spans = _spans(data, mime)
    if spans is None:
        return None
    kept = bytearray().join(data[start:end] for start, end, keep in spans if keep)
    if mime == "image/webp":
        kept[4:8] = (len(kept) - 8).to_bytes(4, "little")
        if kept[12:16] == b"VP8X":
            kept[20] &= _WEBP_SHOWS
    return bytes(kept)


def end_of(data: bytes, mime: str) -> int | None:
    """Where the image ends; what lies behind is not the image. None for other types.

    Raises:
        NotWhole: it is damaged.
    """
    spans = _spans(data, mime)
    return None if spans is None else spans[-1][1]


def _spans(data: bytes, mime: str) -> list[Span] | None:
    walk = _WALKS.get(mime)
    if walk is None:
        return None
    try:
        spans = list(islice(walk(data), _MOST_BLOCKS + 1))
    except IndexError:
        raise NotWhole from None
    if len(spans) > _MOST_BLOCKS or spans[-1][1] > len(data):
        raise NotWhole
    return spans


def _png(data: bytes) -> Iterator[Span]:
    here, name = 8, b""
    yield 0, here, True
    while name != b"IEND":
        name = data[here + 4 : here + 8]
        end = here + 12 + int.from_bytes(data[here : here + 4], "big")
        if len(name) < 4 or end > len(data):
            raise NotWhole
        yield here, end, name in _PNG_KEPT
        here = end


def _webp(data: bytes) -> Iterator[Span]:
    here, size = 12, int.from_bytes(data[4:8], "little") + 8
    if size > len(data):
        raise NotWhole
    yield 0, here, True
    while here + 8 <= size:
        length = int.from_bytes(data[here + 4 : here + 8], "little")
        end = here + 8 + length + length % 2
        if end > size:
            raise NotWhole
        yield here, end, data[here : here + 4] in _WEBP_KEPT
        here = end
    yield here, size, False


def _gif(data: bytes) -> Iterator[Span]:
    here = 13 + _colours(data[10])
    yield 0, here, True
    while data[here] != 0x3B:
        kind, label, keep = data[here], data[here + 1], True
        if kind == 0x2C:  # an image: its place, its own colours, its pixels
            end = _behind_blocks(data, here + 11 + _colours(data[here + 9]))
        elif kind == 0x21:
            end = _behind_blocks(data, here + 2)
            keep = label == 0xF9 or (label == 0xFF and data[here + 3 : here + 14] in _GIF_LOOPS)
        else:
            raise NotWhole
        yield here, end, keep
        here = end
    yield here, here + 1, True


def _colours(flags: int) -> int:
    """Bytes of a colour table."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _behind_blocks(data: bytes, here: int) -> int:
    while data[here]:
        here += data[here] + 1
    return here + 1


def _jpeg(data: bytes) -> Iterator[Span]:
    here, marker = 2, 0
    yield 0, here, True
    while marker != 0xD9:
        found = _JPEG_MARKER.search(data, here)
        if found is None:
            raise NotWhole
        yield here, found.start(), True  # pixels, behind the start of a scan
        here, marker = found.start(), data[found.start() + 1]
        length = 0 if marker == 0xD9 else int.from_bytes(data[here + 2 : here + 4], "big")
        keep = not (0xE1 <= marker <= 0xED or marker in {0xEF, 0xFE})  # APP0 and APP14 say how to show it
        yield here, here + 2 + length, keep
        here += 2 + length


_WALKS: Final[dict[str, Callable[[bytes], Iterator[Span]]]] = {
    "image/png": _png,
    "image/webp": _webp,
    "image/gif": _gif,
    "image/jpeg": _jpeg,
}
