"""The index of a video file: boxes of ISO/IEC 14496-12 (MP4) and QuickTime, read from hostile bytes.

Only sizes, names and a few numbers are read, from the index (`moov`) alone; pictures and sound are never decoded.
Every length is checked against the box around it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

LARGEST_INDEX: Final = 32 * 1024 * 1024
"""Bytes; an hour of video has an index of a few megabytes."""
_MOST_BOXES: Final = 10_000
_CODECS: Final = {
    "avc1": "h264", "avc3": "h264", "hvc1": "hevc", "hev1": "hevc", "av01": "av1", "vp08": "vp8", "vp09": "vp9",
    "mp4v": "mpeg4", "mp4a": "aac", "ac-3": "ac3", "ec-3": "eac3", "Opus": "opus", "alac": "alac", "fLaC": "flac",
}  # fmt: skip


class BoxesDamaged(Exception):
    """The boxes do not hold together, or something of the file lies elsewhere; the message says which."""


@dataclass(frozen=True, slots=True)
class Track:
    """One track, as its index describes it."""

    kind: str
    """`vide`, `soun`, or another four letters."""
    codec: str | None
    width: int
    height: int
    duration_ms: int | None
    frame_rate: float | None


@dataclass(frozen=True, slots=True)
class Index:
    """What a file's index says."""

    duration_ms: int | None
    tracks: tuple[Track, ...]


def read_index(file: BinaryIO) -> Index:
    """Find the index and read it.

    Raises:
        BoxesDamaged: there is none, it does not hold together, or it points to other files.
    """
    index: bytes | None = None
    size = file.seek(0, 2)
    here, count = 0, 0
    while here < size:
        count += 1
        file.seek(here)
        name, head, length = _header(file.read(16), size - here)
        if count > _MOST_BOXES:
            raise BoxesDamaged("has more boxes than a video")
        if name == b"moov":
            if index is not None or length > LARGEST_INDEX:
                raise BoxesDamaged("has an index that is no video's")
            file.seek(here + head)
            index = file.read(length - head)
        here += length
    if index is None:
        raise BoxesDamaged("has no index")
    try:
        return _index(index)
    except (struct.error, IndexError) as error:
        raise BoxesDamaged("has a damaged index") from error


def _header(start: bytes, room: int) -> tuple[bytes, int, int]:
    """Name, length of the header, length of the box; the box ends inside what is around it."""
    if len(start) < 8:
        raise BoxesDamaged("is cut short")
    length, name, head = int.from_bytes(start[:4], "big"), start[4:8], 8
    if length == 1:
        if len(start) < 16:
            raise BoxesDamaged("is cut short")
        length, head = int.from_bytes(start[8:16], "big"), 16
    elif length == 0:
        length = room
    if not head <= length <= room:
        raise BoxesDamaged("is cut short")
    return name, head, length


def _inside(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes in a box."""
    here = 0
    for _ in range(_MOST_BOXES):
        if len(data) - here < 8:  # QuickTime may end a list by four zeros
            return
        name, head, length = _header(data[here : here + 16], len(data) - here)
        yield name, data[here + head : here + length]
        here += length
    raise BoxesDamaged("has more boxes than a video")


def _index(data: bytes) -> Index:
    duration, tracks = None, []
    for name, body in _inside(data):
        if name == b"mvhd":
            duration = _duration(body)
        elif name == b"trak":
            tracks.append(_track(dict(_inside(body))))
        elif name in {b"rmra", b"rdrf"}:
            raise BoxesDamaged("points to other files")
    return Index(duration, tuple(tracks))


def _track(track: dict[bytes, bytes]) -> Track:
    media = dict(_inside(track.get(b"mdia", b"")))
    table = dict(_inside(media.get(b"minf", b"")))
    _check_inside(dict(_inside(table.get(b"dinf", b""))).get(b"dref", b""))
    samples = dict(_inside(table.get(b"stbl", b"")))
    kind = media.get(b"hdlr", b"")[8:12].decode("ascii", "replace")
    width, height = _shown_size(track.get(b"tkhd", b""))
    described = samples.get(b"stsd", b"")[12:16].decode("ascii", "replace").strip("\0 ")
    rate = _frame_rate(samples.get(b"stts", b""), media.get(b"mdhd", b"")) if kind == "vide" else None
    codec = _CODECS.get(described, described.strip() or None)
    return Track(kind, codec, width, height, _duration(media.get(b"mdhd", b"")), rate)


def _check_inside(references: bytes) -> None:
    """Refuse a track whose pictures lie in another file or at an address (section 8.7.2: flag 1 means "in here")."""
    for _, body in _inside(references[8:]):
        if not body[3:4] or not body[3] & 1:
            raise BoxesDamaged("points to other files")


def _times(body: bytes) -> tuple[int, int] | None:
    """Units a second and duration, as `mvhd` and `mdhd` have them; a duration of all ones is unknown."""
    if not body:
        return None
    scale, duration = struct.unpack_from(">IQ", body, 20) if body[0] == 1 else struct.unpack_from(">II", body, 12)
    unknown = 2**64 - 1 if body[0] == 1 else 2**32 - 1
    return (scale, duration) if scale and duration and duration != unknown else None


def _duration(body: bytes) -> int | None:
    times = _times(body)
    return None if times is None else round(times[1] * 1000 / times[0])


def _frame_rate(body: bytes, header: bytes) -> float | None:
    times = _times(header)
    if times is None or len(body) < 8:
        return None
    (entries,) = struct.unpack_from(">I", body, 4)
    count = total = 0
    for number in range(min(entries, (len(body) - 8) // 8)):
        frames, each = struct.unpack_from(">II", body, 8 + number * 8)
        count, total = count + frames, total + frames * each
    return round(count * times[0] / total, 3) if total else None


def _shown_size(body: bytes) -> tuple[int, int]:
    """Width and height as viewers see them: a matrix that turns by a quarter swaps them."""
    if not body:
        return 0, 0
    start = 52 if body[0] == 1 else 40
    matrix = struct.unpack_from(">9i", body, start)
    width, height = (value >> 16 for value in struct.unpack_from(">II", body, start + 36))
    turned = matrix[0] == 0 and matrix[4] == 0 and matrix[1] != 0
    return (height, width) if turned else (width, height)
