"""Videos: what a file says it is, by its first bytes. It is not decoded here: the platforms do that themselves.

ISO base media files (MP4, QuickTime) begin with a box `ftyp` that names the brands they follow (ISO/IEC 14496-12
section 4.3). Only brands of plain video files are taken: the same container also holds images, sounds and playlists.
"""

from __future__ import annotations

from typing import Final

TAKEN: Final = ("video/mp4", "video/quicktime")
HEAD: Final = 64
"""How many bytes of a file are enough to tell."""

_QUICKTIME: Final = b"qt  "
_MP4: Final = frozenset(
    {
        b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9",
        b"mp41", b"mp42", b"avc1", b"dash", b"MSNV", b"M4V ", b"M4VH", b"M4VP",
    }
)  # fmt: skip


def video_type(head: bytes) -> str | None:
    """The MIME type of a video that begins with these bytes; None where it is no video that is taken."""
    length, box, brand = int.from_bytes(head[:4], "big"), head[4:8], head[8:12]
    if box != b"ftyp" or not 16 <= length <= 4096:
        return None
    if brand == _QUICKTIME:
        return "video/quicktime"
    return "video/mp4" if brand in _MP4 else None
