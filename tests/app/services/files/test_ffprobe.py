from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.files import ffprobe, jail
from app.services.files.videos import Clip, VideoRefused, read_clip

RECORDED = Path(__file__).parent / "recorded"
"""What ffprobe 5.1 said of the two videos beside it."""


def stand_in(folder: Path, body: str) -> str:
    path = folder / "ffprobe"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("name", ["clip.mp4", "rotated.mov"])
def test_ffprobe_and_our_own_reader_agree(name: str) -> None:
    assert ffprobe.parse((RECORDED / f"{name}.json").read_bytes()) == read_clip(RECORDED / name)


def answer(**changes: Any) -> bytes:
    stream = {"codec_type": "video", "codec_name": "h264", "width": 1920, "height": 1080, **changes}
    return json.dumps({"streams": [stream], "format": {"duration": "12.5"}}).encode()


@pytest.mark.parametrize(
    ("changes", "clip"),
    [
        ({}, Clip(1920, 1080, 12500, None, "h264")),
        ({"duration": "2.0", "avg_frame_rate": "30000/1001"}, Clip(1920, 1080, 2000, 29.97, "h264")),
        ({"side_data_list": [{}, {"rotation": -90}]}, Clip(1080, 1920, 12500, None, "h264")),
        ({"side_data_list": [{"rotation": 180}]}, Clip(1920, 1080, 12500, None, "h264")),
        ({"width": -5, "height": 10**9, "avg_frame_rate": "1/0"}, Clip(None, None, 12500, None, "h264")),
        ({"duration": "inf", "avg_frame_rate": "x", "codec_name": 7}, Clip(1920, 1080, 12500, None, None)),
        ({"duration": "N/A", "avg_frame_rate": "9999999/1"}, Clip(1920, 1080, 12500, None, "h264")),
    ],
)
def test_figures_that_cannot_be_are_left_out(changes: dict[str, Any], clip: Clip) -> None:
    assert ffprobe.parse(answer(**changes)) == clip


def test_a_codec_that_is_not_on_the_list_is_not_repeated() -> None:
    stolen = "postd_vault_key_c4n4ry_of_forty_letters"
    sound = {"codec_type": "audio", "codec_name": stolen}
    said = {"streams": [{"codec_type": "video", "codec_name": stolen}, sound]}
    assert ffprobe.parse(json.dumps(said).encode()) == Clip(video_codec="other", audio_codec="other")


@pytest.mark.parametrize("said", [b"", b"[]", b"{}", b'{"streams": null}', b"[" * 100_000, b'{"streams": [1]}'])
def test_what_is_no_answer_is_refused(said: bytes) -> None:
    with pytest.raises(VideoRefused):
        ffprobe.parse(said)


@pytest.mark.parametrize(
    "stream", [{"codec_type": "audio"}, {"codec_type": "video", "disposition": {"attached_pic": 1}}]
)
def test_a_sound_with_a_cover_is_no_video(stream: dict[str, Any]) -> None:
    with pytest.raises(VideoRefused, match="holds no pictures"):
        ffprobe.parse(json.dumps({"streams": [stream]}).encode())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["rotation", "x"]), inner, max_size=2),
    max_leaves=6,
)
NAMES = ("codec_name", "width", "height", "duration", "avg_frame_rate", "disposition", "side_data_list")


@given(st.dictionaries(st.sampled_from(NAMES), JSON), JSON)
def test_no_answer_breaks_the_parser(stream: dict[str, Any], whole: Any) -> None:
    said = json.dumps({"streams": [{**stream, "codec_type": "video"}], "format": whole}).encode()
    clip = ffprobe.parse(said)
    assert clip.width is None or clip.width > 0


async def test_the_program_is_asked_for_one_format_and_local_files(tmp_path: Path) -> None:
    said = json.dumps({"streams": [{"codec_type": "video"}]})
    arguments = tmp_path / "arguments"
    arguments.touch()
    body = f"""case "$*" in "{" ".join(_asked())} "*) echo '{said}';; *) echo no;; esac"""
    assert await ffprobe.look(stand_in(tmp_path, body), arguments) == Clip()


def _asked() -> list[str]:
    return [
        "-v", "error", "-hide_banner", "-protocol_whitelist", "file,pipe", "-f", "mov", "-threads", "1",
        "-print_format", "json",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "words"),
    [("exit 1", "its reader failed"), ("while true; do :; done", "its reader took too long")],
    ids=["fails", "hangs"],
)
async def test_a_video_that_its_reader_cannot_bear_is_refused(tmp_path: Path, body: str, words: str) -> None:
    with pytest.raises(VideoRefused, match=words) as refusal:
        await ffprobe.look(stand_in(tmp_path, body), tmp_path / "x", seconds=1)
    assert refusal.value.hint


async def test_without_the_program_nothing_is_known(tmp_path: Path) -> None:
    assert await ffprobe.look(str(tmp_path / "none"), tmp_path) is None
    assert ffprobe.found("") is None
    assert ffprobe.found(str(tmp_path / "none")) is None
    assert ffprobe.found(stand_in(tmp_path, "")) == str(tmp_path / "ffprobe")


async def test_the_program_reads_its_video_and_no_other_file(tmp_path: Path) -> None:
    video, other = tmp_path / "video", tmp_path / "other"
    for path, width in ((video, 640), (other, 7)):
        path.write_text(json.dumps({"streams": [{"codec_type": "video", "width": width}]}))
    reader = stand_in(tmp_path, f'for last in "$@"; do :; done; cat {other} 2>&- || cat "${{last#file:}}"')
    assert await ffprobe.look(reader, video) == Clip(width=640 if jail.hides_files() else 7)


@pytest.mark.skipif(ffprobe.found("ffprobe") is None, reason="ffprobe is not installed here")
@pytest.mark.parametrize("name", ["clip.mp4", "rotated.mov"])
async def test_the_real_program_reads_videos_in_its_cell(name: str) -> None:
    program = ffprobe.found("ffprobe")
    assert program is not None
    assert await ffprobe.look(program, RECORDED / name) == read_clip(RECORDED / name)
