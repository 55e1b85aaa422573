"""Versions of images that keep to a platform's rules.

A still image is made anew: upright, in sRGB, without EXIF, places, comments or anything hidden behind its pixels, with
bars where its shape is not taken. The same input gives the same bytes. An animated image cannot be shrunk without
spoiling it: it goes out with its frames as they are and without anything else, or not at all.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageCms, ImageOps

from app.services.files import bare
from app.services.files.images import ImageRefused, Probe, decoding, opened, probe
from connectors.framing import framed, shrunk, takes
from connectors.image_rules import ImageRules

_WRITABLE: Final = {"image/jpeg": "JPEG", "image/webp": "WEBP", "image/png": "PNG"}
_QUALITIES: Final = (92, 85, 78, 70)
_SHRINK: Final = 0.8  # each further try has 0.8 times the sides of the one before
_SMALLEST: Final = 200  # pixels of the longer side; below, nobody would want to see it

# Two at a time: each may need several hundred megabytes.
_workers = ThreadPoolExecutor(2, thread_name_prefix="images")


@dataclass(frozen=True, slots=True)
class Fitted:
    """An image that keeps to the rules."""

    data: bytes
    mime: str
    width: int
    height: int


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
    with decoding(), opened(data, found.mime) as image:
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
    size = shrunk(rules, *image.size)
    if size != image.size:
        image = image.resize(size, Image.Resampling.LANCZOS)
    width, height = (min(side, rules.max_side) for side in framed(rules, *image.size))
    if (width, height) == image.size:
        return image
    frame = Image.new(image.mode, (width, height), "white" if image.mode == "RGB" else (255, 255, 255, 0))
    frame.paste(image, ((width - image.width) // 2, (height - image.height) // 2))
    return frame


def _with_its_frames(data: bytes, found: Probe, rules: ImageRules) -> Fitted:
    with decoding():
        kept = bare.bare(data, found.mime) or data
    if not takes(rules, found.mime, len(kept), found.width, found.height):
        raise ImageRefused(
            f"The animated image ({found.mime}, {found.width}x{found.height}, {len(kept)} bytes) does not fit: "
            f"{', '.join(rules.types)}, sides up to {rules.max_side}, {rules.max_bytes} bytes.",
            hint="Make it smaller, or use a still image or a video.",
        )
    return Fitted(kept, found.mime, found.width, found.height)


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
