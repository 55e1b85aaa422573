"""Asks ffprobe about a video, in a jail: its size, duration, codecs and frame rate.

The format is forced to the one that the bytes were sniffed as, so that no playlist or list of files is followed, and
no protocol but local files is allowed (https://ffmpeg.org/ffmpeg-protocols.html#Protocol-Options).
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from app.services.files import jail
from app.services.files.videos import Clip, VideoRefused

_FIELDS: Final = (
    "format=duration:stream=codec_type,codec_name,width,height,avg_frame_rate,duration"
    ":stream_disposition=attached_pic:stream_side_data=rotation"
)
_CODECS: Final = frozenset(
    {
        "h264", "hevc", "av1", "vp8", "vp9", "mpeg4", "mpeg1video", "mpeg2video", "h263", "mjpeg", "prores", "dnxhd",
        "dvvideo", "cinepak", "svq1", "svq3", "qtrle", "rpza", "rawvideo", "png", "jpeg2000", "vc1", "theora", "vvc",
        "aac", "mp3", "mp2", "ac3", "eac3", "alac", "flac", "opus", "vorbis", "dts", "truehd", "amr_nb", "amr_wb",
        "qdm2", "qdmc", "adpcm_ima_qt", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be",
        "pcm_f32le", "pcm_f32be", "pcm_u8", "pcm_s8", "pcm_alaw", "pcm_mulaw",
    }
)  # fmt: skip
OTHER_CODEC: Final = "other"
"""What a codec is called that is not among those which are known by name."""
_HINT: Final = "Export it again as MP4 with H.264 and AAC."
_LONGEST: Final = 30 * 86400.0  # seconds; a longer video is a lie


def found(program: str) -> str | None:
    """The path of the program that a setting names; None where there is none, or none is wanted."""
    return shutil.which(program) if program else None


async def look(program: str, path: Path, *, seconds: float = jail.SECONDS) -> Clip | None:
    """What ffprobe says of an MP4 or QuickTime file; None where it could not be run.

    Raises:
        VideoRefused: ffprobe cannot read it, or finds no pictures.
    """
    asked = ["-v", "error", "-hide_banner", "-protocol_whitelist", "file,pipe", "-f", "mov", "-threads", "1"]
    asked += ["-print_format", "json", "-show_entries", _FIELDS, "-i", f"file:{path}"]
    try:
        answer = await jail.run(program, asked, readable=[path], seconds=seconds)
        return parse(answer)
    except jail.NoProgram:
        return None
    except jail.JailFailed as failure:
        raise VideoRefused(f"The video cannot be read: its reader {failure}.", hint=_HINT) from failure


def parse(answer: bytes) -> Clip:
    """The answer of ffprobe as a clip; figures that cannot be are left out.

    Raises:
        VideoRefused: it is no such answer, or there are no pictures.
    """
    try:
        known = json.loads(answer)
        streams = [stream for stream in known["streams"] if isinstance(stream, dict)]
        whole = known.get("format") or {}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise VideoRefused("The video cannot be read.", hint=_HINT) from error
    shown = next((one for one in streams if one.get("codec_type") == "video" and not _is_cover(one)), None)
    heard = next((one for one in streams if one.get("codec_type") == "audio"), None)
    if shown is None:
        raise VideoRefused("The file holds no pictures.", hint="Upload a video.")
    width, height = _pixels(shown.get("width")), _pixels(shown.get("height"))
    if _turned(shown):
        width, height = height, width
    seconds = _number(shown.get("duration")) or _number(whole.get("duration") if isinstance(whole, dict) else None)
    return Clip(
        width=width,
        height=height,
        duration_ms=round(seconds * 1000) if seconds else None,
        frame_rate=_rate(shown.get("avg_frame_rate")),
        video_codec=_codec(shown.get("codec_name")),
        audio_codec=_codec(heard.get("codec_name")) if heard is not None else None,
    )


def _is_cover(stream: Mapping[str, Any]) -> bool:
    disposition = stream.get("disposition")
    return isinstance(disposition, dict) and disposition.get("attached_pic") == 1


def _turned(stream: Mapping[str, Any]) -> bool:
    sides = stream.get("side_data_list")
    angles = [side.get("rotation") for side in sides if isinstance(side, dict)] if isinstance(sides, list) else []
    return any(isinstance(angle, int) and angle % 180 == 90 for angle in angles)


def _pixels(value: object) -> int | None:
    return value if isinstance(value, int) and 0 < value < 100_000 else None


def _number(value: object) -> float | None:
    try:
        number = float(value) if isinstance(value, str | int | float) else 0.0
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and 0 < number <= _LONGEST else None


def _rate(value: object) -> float | None:
    try:
        rate = float(Fraction(value)) if isinstance(value, str) and len(value) < 40 else 0.0
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return round(rate, 3) if 0 < rate < 1000 else None


def _codec(value: object) -> str | None:
    """A codec of the list; a program that was taken over could say anything in place of a name."""
    if not isinstance(value, str) or not value:
        return None
    return value if value in _CODECS else OTHER_CODEC
