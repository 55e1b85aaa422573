"""Compound files (the container of .doc and .ppt): the names of what is inside, read without trusting any of it.

The layout is that of [MS-CFB] sections 2.2 (header), 2.3 (the chain of sectors) and 2.6 (directory entries). Only the
directory is read, and no more of it than a document has.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, Final

MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER: Final = 512
_IN_HEADER: Final = 109  # entries of the list of FAT sectors that stand in the header: enough for 6.8 MB a kilobyte
_ENTRY: Final = 128
_MOST_SECTORS: Final = 1024  # of the directory; Office needs a handful


class CompoundDamaged(Exception):
    """The container does not hold together."""


def names(file: BinaryIO) -> frozenset[str]:
    """The names of the streams and storages in a compound file.

    Raises:
        CompoundDamaged: it is no compound file, or its directory cannot be read.
    """
    header = file.read(_HEADER)
    if len(header) < _HEADER or not header.startswith(MAGIC):
        raise CompoundDamaged
    (shift,) = struct.unpack_from("<H", header, 30)
    if shift not in {9, 12}:
        raise CompoundDamaged
    found: set[str] = set()
    for sector in _directory(file, header, 1 << shift):
        for start in range(0, len(sector), _ENTRY):
            entry = sector[start : start + _ENTRY]
            length = int.from_bytes(entry[64:66], "little")
            if entry[66:67] not in {b"\x00", b""} and 2 <= length <= 64:
                found.add(entry[: length - 2].decode("utf-16-le", "replace"))
    return frozenset(found)


def _directory(file: BinaryIO, header: bytes, size: int) -> Iterator[bytes]:
    """The sectors of the directory, by its chain; a chain that bites its own tail is damage."""
    tables = struct.unpack_from(f"<{_IN_HEADER}I", header, 76)
    (here,) = struct.unpack_from("<I", header, 48)
    seen: set[int] = set()
    while here < 0xFFFFFFFA:  # above are marks, such as the end of a chain
        if here in seen or len(seen) >= _MOST_SECTORS:
            raise CompoundDamaged
        seen.add(here)
        yield _sector(file, here, size)
        table, place = divmod(here, size // 4)
        if table >= _IN_HEADER or tables[table] >= 0xFFFFFFFA:
            raise CompoundDamaged
        (here,) = struct.unpack_from("<I", _sector(file, tables[table], size), place * 4)


def _sector(file: BinaryIO, number: int, size: int) -> bytes:
    file.seek((number + 1) * size)
    sector = file.read(size)
    if len(sector) < size:
        raise CompoundDamaged
    return sector
