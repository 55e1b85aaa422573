from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.videos import TAKEN, video_type


def box(brand: bytes, length: int = 24) -> bytes:
    return length.to_bytes(4, "big") + b"ftyp" + brand + bytes(12)


@pytest.mark.parametrize("brand", [b"isom", b"iso5", b"mp41", b"mp42", b"avc1", b"dash", b"M4V ", b"MSNV"])
def test_mp4(brand: bytes) -> None:
    assert video_type(box(brand)) == "video/mp4"


def test_quicktime() -> None:
    assert video_type(box(b"qt  ")) == "video/quicktime"


@pytest.mark.parametrize("brand", [b"avif", b"heic", b"mif1", b"M4A ", b"M4B ", b"3gp4", b"crx ", b"ISOM"])
def test_what_else_the_container_holds_is_no_video(brand: bytes) -> None:
    assert video_type(box(brand)) is None


@pytest.mark.parametrize(
    "head",
    [b"", b"ftypisom", box(b"isom", length=8), box(b"isom", length=5000), b"\0\0\0\x18moovisom", b"\x1aE\xdf\xa3"],
)
def test_other_beginnings_are_none(head: bytes) -> None:
    assert video_type(head) is None


@given(st.binary(max_size=64))
def test_any_beginning_is_answered(head: bytes) -> None:
    assert video_type(head) in (None, *TAKEN)
