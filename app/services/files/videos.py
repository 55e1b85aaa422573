"""Videos: what a file says it is, and what its index tells. It is not decoded here: the platforms do that themselves.

ISO base media files (MP4, QuickTime) begin with a box `ftyp` that names the brands they follow (ISO/IEC 14496-12
section 4.3). Only brands of plain video files are taken: the same container also holds images, sounds and playlists.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from app.kernel.errors import InvalidInput
from app.services.files import boxes

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


class VideoRefused(InvalidInput):
    """The file cannot be used as a video; the message says why."""

    code: ClassVar[str] = "VIDEO_REFUSED"


@dataclass(frozen=True, slots=True)
class Clip:
    """What a video holds, as far as it is known."""

    width: int | None = None
    """In pixels, as viewers see it: turned where the file says so."""
    height: int | None = None
    duration_ms: int | None = None
    frame_rate: float | None = None
    """Frames a second, on average."""
    video_codec: str | None = None
    """As ffmpeg calls it, e.g. `h264`; `other` where ffprobe names one that is not on our list."""
    audio_codec: str | None = None
    """None where there is no sound."""


def video_type(head: bytes) -> str | None:
    """The MIME type of a video that begins with these bytes; None where it is no video that is taken."""
    length, box, brand = int.from_bytes(head[:4], "big"), head[4:8], head[8:12]
    if box != b"ftyp" or not 16 <= length <= 4096:
        return None
    if brand == _QUICKTIME:
        return "video/quicktime"
    return "video/mp4" if brand in _MP4 else None


def read_clip(path: Path) -> Clip:
    """What the index of a video says. Reads the file: call it in a thread.

    Raises:
        VideoRefused: it is cut short, has no pictures, or points to other files.
    """
    try:
        with path.open("rb") as file:
            index = boxes.read_index(file)
    except boxes.BoxesDamaged as error:
        raise VideoRefused(f"The video {error}.", hint="Export it again from where it was made.") from error
    shown = next((track for track in index.tracks if track.kind == "vide"), None)
    heard = next((track for track in index.tracks if track.kind == "soun"), None)
    if shown is None:
        raise VideoRefused("The file holds no pictures.", hint="Upload a video.")
    return Clip(
        width=shown.width or None,
        height=shown.height or None,
        duration_ms=shown.duration_ms or index.duration_ms,
        frame_rate=shown.frame_rate,
        video_codec=shown.codec,
        audio_codec=heard.codec if heard is not None else None,
    )
