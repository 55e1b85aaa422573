"""How many pages a PDF has, as its page tree says (ISO 32000-1 section 7.7.3.2), without rendering anything.

The root of the tree has the largest `/Count`. It stands in the file as text, or in a compressed stream of objects
(section 7.5.7). Where it is not found within bounds, e.g. because the file is encrypted, the answer is "not known".
"""

from __future__ import annotations

import mmap
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_NODE: Final = re.compile(rb"/Type\s*/Pages\b")
_COUNT: Final = re.compile(rb"/Count\s+(\d{1,6})\b")
_OBJECTS: Final = re.compile(rb"/Type\s*/ObjStm\b[^\x80-\xff]{0,400}?stream\r?\n")
_EDGE: Final = re.compile(rb"<<|>>")
_FAR: Final = 64 * 1024  # bytes to either side of a node in which its other entries are looked for
_MOST: Final = 200  # nodes, and streams, that are looked at
_LARGEST: Final = 4 * 1024 * 1024  # bytes of one stream, unfolded


def count_pages(path: Path) -> int | None:
    """The number of pages; None where it cannot be told. Reads the file: call it in a thread."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        counts = list(_counts(data))
        for number, stream in enumerate(_OBJECTS.finditer(data)):
            if number >= _MOST:
                break
            counts += _counts(_unfolded(data[stream.end() : stream.end() + _LARGEST]))
    return max(counts, default=0) or None


def _counts(data: bytes | mmap.mmap) -> Iterator[int]:
    for number, node in enumerate(_NODE.finditer(data)):
        if number >= _MOST:
            return
        around = _dictionary(data[max(0, node.start() - _FAR) : node.start()], data[node.end() : node.end() + _FAR])
        found = _COUNT.search(around)
        if found is not None:
            yield int(found.group(1))


def _dictionary(before: bytes, after: bytes) -> bytes:
    """What stands between the brackets around a place."""
    depth, start, end = 0, 0, len(after)
    for edge in reversed(list(_EDGE.finditer(before))):
        depth += 1 if edge.group() == b">>" else -1
        if depth < 0:
            start = edge.end()
            break
    depth = 0
    for edge in _EDGE.finditer(after):
        depth += 1 if edge.group() == b"<<" else -1
        if depth < 0:
            end = edge.start()
            break
    return before[start:] + b" " + after[:end]


def _unfolded(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, _LARGEST)
    except zlib.error:
        return b""
