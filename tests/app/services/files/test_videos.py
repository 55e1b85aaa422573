"""Videos by their first bytes and their index; the reader never trusts a length."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.files.boxes import BoxesDamaged, read_index
from app.services.files.videos import HEAD, TAKEN, Clip, VideoRefused, read_clip, video_type
from tests.app.flows.media import uploads

RECORDED = Path(__file__).parent / "recorded"
"""Made by ffmpeg: 0.6 s of its test picture with a tone, and the same turned by a quarter, without sound."""


def ftyp(brand: bytes, *, length: int = 24) -> bytes:
    return length.to_bytes(4, "big") + b"ftyp" + brand + bytes(12)


@pytest.mark.parametrize("brand", [b"isom", b"mp42", b"iso6", b"avc1", b"M4V ", b"MSNV", b"dash"])
def test_an_mp4_is_known_by_its_brand(brand: bytes) -> None:
    assert video_type(ftyp(brand)[:HEAD]) == "video/mp4"


def test_quicktime_is_known() -> None:
    assert video_type(ftyp(b"qt  ")) == "video/quicktime"
    assert set(TAKEN) == {"video/mp4", "video/quicktime"}


@pytest.mark.parametrize("brand", [b"M4A ", b"heic", b"avif", b"crx ", b"mjp2", b"f4v ", b"3gp4", b"dash"[::-1]])
def test_other_files_in_the_same_container_are_no_videos(brand: bytes) -> None:
    assert video_type(ftyp(brand)) is None


@pytest.mark.parametrize(
    "head",
    [b"", b"ftypisom", ftyp(b"isom", length=8), ftyp(b"isom", length=5000), b"\0\0\0\x18moovisom", b"\x1aE\xdf\xa3"],
)
def test_what_does_not_begin_like_a_video_is_none(head: bytes) -> None:
    assert video_type(head) is None


def read(folder: Path, data: bytes) -> Clip:
    path = folder / "clip"
    path.write_bytes(data)
    return read_clip(path)


def test_the_index_of_a_real_video_is_read() -> None:
    assert read_clip(RECORDED / "clip.mp4") == Clip(64, 48, 600, 25.0, "h264", "aac")


def test_a_video_that_was_turned_is_upright() -> None:
    assert read_clip(RECORDED / "rotated.mov") == Clip(48, 64, 600, 25.0, "h264", None)


def test_an_unknown_codec_keeps_its_name(tmp_path: Path) -> None:
    assert read(tmp_path, uploads.video(b"isom", uploads.track(codec=b"xyz "))).video_codec == "xyz"


def test_an_index_behind_the_pictures_is_found(tmp_path: Path) -> None:
    whole = uploads.video()
    start = whole.index(b"moov") - 4
    length = int.from_bytes(whole[start : start + 4], "big")
    moved = whole[:start] + whole[start + length :] + whole[start : start + length]
    assert read(tmp_path, moved).duration_ms == 2000


ELSEWHERE = b"\0\0\0\0file:///etc/passwd\0"
REFUSED = [
    pytest.param(uploads.video()[:-1], "is cut short", id="pictures cut short"),
    pytest.param(uploads.video()[:100], "is cut short", id="index cut short"),
    pytest.param(uploads.box(b"ftyp", b"isom"), "has no index", id="no index"),
    pytest.param(uploads.video(b"isom", uploads.track(b"soun", b"mp4a")), "holds no pictures", id="sound only"),
    pytest.param(uploads.video(b"isom", uploads.track(reference=ELSEWHERE)), "points to other files", id="reference"),
    pytest.param(
        uploads.video() + uploads.box(b"moov", uploads.track()), "has an index that is no video's", id="two indexes"
    ),
    pytest.param(
        uploads.box(b"moov", uploads.box(b"rmra", b"http://x/")), "points to other files", id="reference movie"
    ),
    pytest.param(uploads.box(b"free") * 20_000, "has more boxes than a video", id="many boxes"),
    pytest.param(uploads.box(b"moov", *[uploads.box(b"free")] * 20_000), "more boxes than a video", id="many inside"),
    pytest.param(uploads.box(b"moov", uploads.box(b"mvhd", b"\0\0")), "has a damaged index", id="short header"),
    pytest.param(b"\0\0\0\1moov" + b"\xff" * 8, "is cut short", id="endless box"),
]


@pytest.mark.parametrize(("data", "words"), REFUSED)
def test_what_is_no_whole_video_is_refused(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(VideoRefused, match=words) as refusal:
        read(tmp_path, data)
    assert refusal.value.hint


@given(st.integers(0, 5000), st.binary(min_size=1, max_size=16))
def test_no_bytes_break_the_reader(place: int, noise: bytes) -> None:
    data = bytearray((RECORDED / "clip.mp4").read_bytes())
    place %= len(data)
    data[place : place + len(noise)] = noise
    try:
        read_index(io.BytesIO(data))
    except BoxesDamaged:
        return
