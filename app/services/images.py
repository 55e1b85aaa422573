"""Images: what a file really is, and a version of it that fits a platform's rules.

A still image is made anew: upright, in sRGB, without EXIF, places, comments or anything hidden behind its pixels, with
bars where its shape is not taken. The same input gives the same bytes. An animated image cannot be shrunk without
spoiling it: it goes out with its frames as they are and without anything else, or not at all. Everything else (SVG,
bombs, files that lie about their type, or are a second thing at the same time) is refused before it is decoded.
"""

from __future__ import annotations

import asyncio
import io
import re
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

import puremagic
from PIL import Image, ImageCms, ImageOps

from app.kernel.errors import InvalidInput
from app.services import bare
from connectors.capabilities import ImageRules

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
_WRITABLE: Final = {"image/jpeg": "JPEG", "image/webp": "WEBP", "image/png": "PNG"}
_QUALITIES: Final = (92, 85, 78, 70)
_SHRINK: Final = 0.8  # each further try has 0.8 times the sides of the one before
_SMALLEST: Final = 200  # pixels of the longer side; below, nobody would want to see it
_HEAD: Final = 64 * 1024
_SCRIPT: Final = re.compile(rb"GIF8[79]a(?:/[*/]|[=+-][ -~])")
"""A GIF whose width is the beginning of a comment, or an operator, is a script, too."""

# Pillow warns from this size on, and raises at twice that; here both refuse.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)

# Two at a time: each may need several hundred megabytes.
_workers = ThreadPoolExecutor(2, thread_name_prefix="images")


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


@dataclass(frozen=True, slots=True)
class Fitted:
    """An image that keeps to the rules."""

    data: bytes
    mime: str
    width: int
    height: int


def probe(source: bytes | Path, declared: str | None = None) -> Probe:
    """Find out what an image is, upright, as its viewers see it. Reads the file: call it in a thread.

    Raises:
        ImageRefused: it is no image of a readable kind, is too large, is damaged, or is not what was `declared`.
    """
    data = source if isinstance(source, bytes) else source.read_bytes()
    mime = _sniffed(data)
    if declared is not None and declared != mime:
        raise ImageRefused(f"The file is {mime}, not {declared} as it was said to be.", hint="Upload it as what it is.")
    with _decoding(), _opened(data, mime) as image:
        animated, mode = _animated(image), image.mode
        image.verify()
    with _decoding(), _opened(data, mime) as image:
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


async def fit(source: bytes | Path, rules: ImageRules) -> Fitted:
    """A version of an image that keeps to a platform's rules, as good as they allow. Works in threads of its own.

    Raises:
        ImageRefused: as `probe` does, or no version fits.
        ValueError: the rules take no type that can be written.
    """
    return await asyncio.get_running_loop().run_in_executor(_workers, _fit, source, rules)


def _fit(source: bytes | Path, rules: ImageRules) -> Fitted:
    data = source if isinstance(source, bytes) else source.read_bytes()
    found = probe(data)
    if found.animated:
        return _with_its_frames(data, found, rules)
    with _decoding(), _opened(data, found.mime) as image:
        plain = _plain(image)
    types = _types(found.mime, rules, transparent=plain.mode == "RGBA")
    plain = _framed(plain, rules)
    for smaller in _ever_smaller(plain):
        for mime in types:
            for quality in _QUALITIES if mime != "image/png" else (None,):
                data = _encoded(smaller, mime, quality)
                if len(data) <= rules.max_bytes:
                    return Fitted(data, mime, *smaller.size)
    raise ImageRefused(f"The image cannot be made to fit {rules.max_bytes} bytes.", hint="Use a simpler image.")


def _framed(image: Image.Image, rules: ImageRules) -> Image.Image:
    """The image in a size and shape that are taken; bars are white, or transparent where the image has such parts."""
    if max(rules.framed(*image.size)) > rules.max_side:
        scale = rules.max_side / max(rules.framed(*image.size))
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.LANCZOS)
    width, height = rules.framed(*image.size)
    width, height = min(width, rules.max_side), min(height, rules.max_side)
    if (width, height) == image.size:
        return image
    frame = Image.new(image.mode, (width, height), "white" if image.mode == "RGB" else (255, 255, 255, 0))
    frame.paste(image, ((width - image.width) // 2, (height - image.height) // 2))
    return frame


def _with_its_frames(data: bytes, found: Probe, rules: ImageRules) -> Fitted:
    with _decoding():
        kept = bare.bare(data, found.mime) or data
    if not rules.takes(found.mime, len(kept), found.width, found.height):
        raise ImageRefused(
            f"The animated image ({found.mime}, {found.width}x{found.height}, {len(kept)} bytes) does not fit: "
            f"{', '.join(rules.types)}, sides up to {rules.max_side}, {rules.max_bytes} bytes.",
            hint="Make it smaller, or use a still image or a video.",
        )
    return Fitted(kept, found.mime, found.width, found.height)


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


def _opened(data: bytes, mime: str) -> Image.Image:
    """Read the header only, by the decoder of the sniffed type and no other."""
    formats = [name for name, known in READABLE.items() if known == mime and name != "MPO"]
    image = Image.open(io.BytesIO(data), formats=formats)
    if image.width * image.height > MAX_PIXELS:
        raise Image.DecompressionBombError
    return image


@contextmanager
def _decoding() -> Iterator[None]:
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


def _plain(image: Image.Image) -> Image.Image:
    """Only the pixels, upright and in sRGB: RGB, or RGBA where something is transparent."""
    profile = image.info.get("icc_profile")
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):  # 16 bits of grey
        upright = upright.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    alpha = upright.convert("RGBA").getchannel("A") if upright.has_transparency_data else None
    colours = upright if upright.mode in {"RGB", "CMYK", "L"} else upright.convert("RGB")
    if profile:
        colours = _in_srgb(colours, profile)
    pixels = Image.new("RGB", upright.size)
    pixels.paste(colours.convert("RGB"))
    if alpha is not None and alpha.getextrema() != (255, 255):
        pixels.putalpha(alpha)
    return pixels


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Many platforms throw the profile away and would show other colours. A profile that is broken is ignored."""
    try:
        converted = ImageCms.profileToProfile(
            image, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return converted or image


def _types(mime: str, rules: ImageRules, *, transparent: bool) -> list[str]:
    """The types to try, best first: the file's own, then those that keep what it shows."""
    order = ["image/webp", "image/png", "image/jpeg"] if transparent else ["image/jpeg", "image/webp", "image/png"]
    types = [kind for kind in dict.fromkeys([mime, *order]) if kind in rules.types and kind in _WRITABLE]
    if transparent and len(types) > 1:
        types = [kind for kind in types if kind != "image/jpeg"]
    if not types:
        raise ValueError(f"none of {rules.types} can be written: rules need one of {sorted(_WRITABLE)}")
    return types


def _ever_smaller(image: Image.Image) -> Iterator[Image.Image]:
    yield image
    factor = _SHRINK
    while max(image.size) * factor >= _SMALLEST:
        size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
        yield image.resize(size, Image.Resampling.LANCZOS)
        factor *= _SHRINK


def _encoded(image: Image.Image, mime: str, quality: int | None) -> bytes:
    out = io.BytesIO()
    if mime == "image/jpeg" and image.mode == "RGBA":
        ground = Image.new("RGB", image.size, "white")
        ground.paste(image, mask=image.getchannel("A"))
        image = ground
    options = {} if quality is None else {"quality": quality}
    image.save(out, _WRITABLE[mime], optimize=True, **options)
    return out.getvalue()
