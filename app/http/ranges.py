"""Which bytes of a file a request asks for (RFC 9110 section 14)."""

from __future__ import annotations

import re
from typing import Final

_ONE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.IGNORECASE)


class NotInside(Exception):
    """What is asked for begins behind the end of the file."""


def wanted(asked: str | None, condition: str | None, tag: str, size: int) -> tuple[int, int] | None:
    """From where to where (the end not included); None for the whole file.

    `asked` is the header Range, `condition` If-Range: a part is only given of the version that it names. Several
    ranges, and what is no range of bytes, get the whole file, as the standard allows.

    Raises:
        NotInside: there are no such bytes.
    """
    found = _ONE.fullmatch(asked.strip()) if asked else None
    if found is None or (condition is not None and condition != tag):
        return None
    first, last = found.groups()
    if first:
        return _between(int(first), int(last) + 1 if last else size, size)
    if not last:
        return None
    if not int(last):
        raise NotInside
    return _between(max(0, size - int(last)), size, size)


def _between(start: int, end: int, size: int) -> tuple[int, int] | None:
    if end <= start < size:
        return None  # "5-3" is no range
    if start >= size:
        raise NotInside
    return start, min(size, end)
