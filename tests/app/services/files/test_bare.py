from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from app.services.files.bare import NotWhole, bare, end_of

KINDS = {"PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp", "JPEG": "image/jpeg"}


def saved(kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, kind, **options)
    return out.getvalue()


def pixels(data: bytes) -> bytes:
    return Image.open(io.BytesIO(data)).convert("RGBA").tobytes()


def told(kind: str) -> bytes:
    """An image that says more than it shows."""
    exif = Image.Exif()
    exif[0x010F] = "c4n4ry"
    match kind:
        case "GIF":
            return saved(kind, comment=b"c4n4ry")
        case "PNG":
            words = PngImagePlugin.PngInfo()
            words.add_text("Author", "c4n4ry")
            return saved(kind, pnginfo=words, exif=exif)
        case "JPEG":
            return saved(kind, exif=exif, comment=b"c4n4ry", xmp=b"<x>c4n4ry</x>")
    return saved(kind, exif=exif, xmp=b"<x>c4n4ry</x>")


@pytest.mark.parametrize("kind", KINDS)
def test_a_plain_image_is_left_as_it_is(kind: str) -> None:
    data = saved(kind)
    assert bare(data, KINDS[kind]) == data
    assert end_of(data, KINDS[kind]) == len(data)


@pytest.mark.parametrize("kind", KINDS)
def test_what_does_not_show_goes_and_the_pixels_stay(kind: str) -> None:
    data = told(kind)
    assert b"c4n4ry" in data
    kept = bare(data, KINDS[kind])
    assert kept is not None
    assert b"c4n4ry" not in kept
    assert pixels(kept) == pixels(data)
    assert bare(kept, KINDS[kind]) == kept


@pytest.mark.parametrize("kind", KINDS)
def test_what_lies_behind_the_end_is_found_and_goes(kind: str) -> None:
    data = saved(kind)
    assert end_of(data + b"more", KINDS[kind]) == len(data)
    assert bare(data + b"more", KINDS[kind]) == data


@pytest.mark.parametrize("kind", KINDS)
def test_an_image_cut_short_is_not_whole(kind: str) -> None:
    with pytest.raises(NotWhole):
        bare(saved(kind)[:-4], KINDS[kind])


def test_a_size_that_is_a_lie_costs_no_time() -> None:
    data = bytearray(saved("WEBP"))
    data[4:8] = b"\xff\xff\xff\x7f"
    with pytest.raises(NotWhole):
        bare(bytes(data), "image/webp")


def test_a_crowd_of_blocks_is_refused() -> None:
    data = saved("PNG")
    with pytest.raises(NotWhole):
        bare(data[:33] + (bytes(4) + b"tEXt" + bytes(4)) * 200_001 + data[33:], "image/png")


def test_other_types_are_not_known() -> None:
    assert bare(b"anything", "image/avif") is None
    assert end_of(b"anything", "image/avif") is None


@given(st.sampled_from(sorted(KINDS)), st.integers(0, 2000), st.binary(min_size=1, max_size=40))
def test_no_bytes_break_the_walk(kind: str, place: int, noise: bytes) -> None:
    data = bytearray(told(kind))
    place %= len(data)
    data[place : place + len(noise)] = noise
    try:
        kept = bare(bytes(data), KINDS[kind])
    except NotWhole:
        return
    assert kept is not None
    assert len(kept) <= len(data)
