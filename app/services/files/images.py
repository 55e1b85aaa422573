"""Images: what a file really is.

Known by its bytes and decoded by one decoder for its type, bounded in pixels. Everything else (SVG, bombs, files that
lie about their type, or are a second thing at the same time) is refused before it is decoded.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

import puremagic
from PIL import Image

from app.kernel.errors import InvalidInput
from app.services.files import bare

MAX_PIXELS: Final = 50_000_000
"""Width times height; decoded, that is 200 MB."""
READABLE: Final = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # what many telephones write: a JPEG with further views behind the first
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "AVIF": "image/avif",
}
_HEAD: Final = 64 * 1024
_SCRIPT: Final = re.compile(rb"GIF8[79]a(?:/[*/]|[=+-][ -~])")
"""A GIF whose width is the beginning of a comment, or an operator, is a script, too."""

# Pillow warns from this size on, and raises at twice that; here both refuse.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


class ImageRefused(InvalidInput):
    """The file cannot be used as an image; the message says why."""

    code: ClassVar[str] = "IMAGE_REFUSED"


@dataclass(frozen=True, slots=True)
class Probe:
    """What a file is, by its bytes."""

    mime: str
    width: int
    height: int
    animated: bool
    clean: bool
    """It holds its pixels and nothing besides, so it may go out as it is."""


def probe(source: bytes | Path, declared: str | None = None) -> Probe:
    """Find out what an image is, upright, as its viewers see it. Reads the file: call it in a thread.

    Raises:
        ImageRefused: it is no image of a readable kind, is too large, is damaged, or is not what was `declared`.
    """
    data = source if isinstance(source, bytes) else source.read_bytes()
    mime = _sniffed(data)
    if declared is not None and declared != mime:
        raise ImageRefused(f"The file is {mime}, not {declared} as it was said to be.", hint="Upload it as what it is.")
    with decoding(), opened(data, mime) as image:
        animated, mode = _animated(image), image.mode
        image.verify()
    with decoding(), opened(data, mime) as image:
        width, height = image.size
        turned = image.getexif().get(0x0112, 1) in {5, 6, 7, 8}
        clean = _is_clean(data, mime, mode)
    return Probe(mime, height if turned else width, width if turned else height, animated, clean)


def _is_clean(data: bytes, mime: str, mode: str) -> bool:
    """Whether nothing but pixels is in the file, in colours that every screen shows alike.

    Raises:
        ImageRefused: the file is a second thing at the same time.
    """
    end = bare.end_of(data, mime)
    if mime == "image/gif" and _SCRIPT.match(data):
        end = 0
    # Behind the end of a JPEG, telephones put further views and short films; no copy holds them.
    if end is not None and end < len(data) and mime != "image/jpeg":
        hint = "Export it again from where it was made."
        raise ImageRefused("The file is an image and something else at the same time.", hint=hint)
    return mode in {"RGB", "RGBA", "L", "LA", "P", "1"} and bare.bare(data, mime) == data


def begins_like(head: bytes) -> str | None:
    """The type of a readable image whose first bytes these are; None where they are of no such image."""
    return next((guess for guess in _guesses(head) if guess in READABLE.values()), None)


def _guesses(head: bytes) -> list[str]:
    try:
        return [str(guess.mime_type) for guess in puremagic.magic_string(head[:_HEAD]) if guess.mime_type]
    except (puremagic.PureError, ValueError):
        return []


def _sniffed(data: bytes) -> str:
    """The type by the first bytes, where it is one that can be read."""
    found = begins_like(data)
    if found is not None:
        return found
    guesses = _guesses(data)
    named = f" It looks like {guesses[0]}." if guesses else ""
    raise ImageRefused(f"The file is no image that can be used.{named}", hint="Use JPEG, PNG, WebP, AVIF or GIF.")


def opened(data: bytes, mime: str) -> Image.Image:
    """Read the header only, by the decoder of the sniffed type and no other."""
    formats = [name for name, known in READABLE.items() if known == mime and name != "MPO"]
    image = Image.open(io.BytesIO(data), formats=formats)
    if image.width * image.height > MAX_PIXELS:
        raise Image.DecompressionBombError
    return image


@contextmanager
def decoding() -> Iterator[None]:
    """Decoders meet hostile bytes and raise what they like; the user gets a refusal."""
    try:
        yield
    except ImageRefused:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise ImageRefused(f"The image has more than {MAX_PIXELS} pixels.", hint="Make it smaller.") from error
    except Exception as error:
        hint = "Export it again from where it was made."
        raise ImageRefused("The image is damaged or cut short.", hint=hint) from error


def _animated(image: Image.Image) -> bool:
    return image.format != "MPO" and bool(getattr(image, "is_animated", False))
