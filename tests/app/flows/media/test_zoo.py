"""A zoo of uploads: each is refused with a sentence that says why, and leaves nothing behind."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from app.domain.media.errors import MediaRefused
from app.domain.media.model import MediaState
from app.flows.media.intake import CreateUpload, create_upload
from app.kernel.errors import InvalidInput
from app.services.files.documents import DOCX, PDF
from tests.app.flows.media import uploads
from tests.app.flows.media.keeping import keeping, stored, uploaded
from tests.fixtures.world import World

__all__ = ["keeping"]

PNG, JPEG, GIF, MP4 = "image/png", "image/jpeg", "image/gif", "video/mp4"
SCREEN = b"/*\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff"
SCRIPT = SCREEN + b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
ELSEWHERE = uploads.track(reference=b"\0\0\0\0http://10.0.0.1/x\0")


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def with_chunk(name: bytes, data: bytes) -> bytes:
    """A PNG with one more chunk before its pixels."""
    whole = uploads.image("PNG")
    return whole[:33] + chunk(name, data) + whole[33:]


def endless_exif() -> bytes:
    """A JPEG whose EXIF names a thousand million values, and a directory that follows itself."""
    entry = struct.pack("<HHII", 0x010F, 2, 0x3FFFFFFF, 8)
    tiff = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 2) + entry + struct.pack("<HHII", 0x8769, 4, 1, 8)
    body = b"Exif\0\0" + tiff + struct.pack("<I", 8)
    whole = uploads.image("JPEG")
    return whole[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + whole[2:]


def frames(count: int) -> bytes:
    """A small GIF that unfolds to many large frames."""
    out = io.BytesIO()
    first = Image.new("L", (6000, 6000))
    first.save(out, "GIF", save_all=True, append_images=[Image.new("L", (6000, 6000), n) for n in range(1, count)])
    return out.getvalue()


AVI = b"RIFF" + struct.pack("<I", 200) + b"AVI LIST" + bytes(180)
CONCAT = b"ffconcat version 1.0\nfile 'file:///etc/passwd'\n"
TS = (b"G" + bytes(187)) * 4

ZOO = [
    pytest.param(uploads.SVG, PNG, "It looks like image/svg+xml", id="svg"),
    pytest.param(uploads.HTML, PNG, "It looks like text/html", id="html as png"),
    pytest.param(uploads.HTML, MP4, "is not video/mp4", id="html as video"),
    pytest.param(uploads.HTML, PDF, "is not application/pdf", id="html as pdf"),
    pytest.param(b"#!/bin/sh\n", PNG, "no image that can be used", id="script as png"),
    pytest.param(b"GIF89a" + SCRIPT + b"*/=1;alert(1)", GIF, "something else at the same time", id="gif and js"),
    pytest.param(uploads.image("GIF") + b"/*alert(1)*/", GIF, "something else at the same time", id="js behind gif"),
    pytest.param(uploads.image() + uploads.archive({"a": b"b"}), PNG, "something else", id="zip behind png"),
    pytest.param(uploads.image("WEBP") + uploads.HTML, "image/webp", "something else", id="html behind webp"),
    pytest.param(uploads.pdf() + uploads.archive({"a": b"b"}), PDF, "an archive at the same time", id="pdf and zip"),
    pytest.param(b"%PDF-1.7\n" + uploads.image(), PNG, "The PDF is damaged or cut short", id="pdf before png"),
    pytest.param(uploads.archive({"a.html": uploads.HTML}), DOCX, "an archive, not a document", id="zip as docx"),
    pytest.param(uploads.archive(uploads.WORD), PDF, "document, not application/pdf", id="docx as pdf"),
    pytest.param(uploads.PLAYLIST, MP4, "is not video/mp4", id="playlist as mp4"),
    pytest.param(AVI[:12] + uploads.PLAYLIST + AVI[12:], MP4, "is not video/mp4", id="playlist in avi"),
    pytest.param(CONCAT, MP4, "is not video/mp4", id="ffconcat"),
    pytest.param(TS, MP4, "is not video/mp4", id="transport stream"),
    pytest.param(uploads.video(b"isom", ELSEWHERE), MP4, "points to other files", id="video that points elsewhere"),
    pytest.param(uploads.video(b"M4A "), MP4, "is not video/mp4", id="sound as video"),
    pytest.param(uploads.video(b"isom", uploads.track(b"soun", b"mp4a")), MP4, "holds no pictures", id="no pictures"),
    pytest.param(uploads.video()[:-9], MP4, "is cut short", id="video cut short"),
    pytest.param(uploads.video(b"qt  "), MP4, "is video/quicktime, not video/mp4", id="quicktime as mp4"),
    pytest.param(uploads.video(), PNG, "is video/mp4, not image/png", id="video as png"),
    pytest.param(uploads.image("JPEG"), PNG, "is image/jpeg, not image/png", id="jpeg as png"),
    pytest.param(uploads.image("JPEG"), MP4, "is not video/mp4", id="jpeg as video"),
    pytest.param(uploads.image()[:60], PNG, "damaged or cut short", id="png cut short"),
    pytest.param(uploads.image("JPEG")[:-40], JPEG, "damaged or cut short", id="jpeg cut short"),
    pytest.param(uploads.pdf()[:-12], PDF, "damaged or cut short", id="pdf cut short"),
    pytest.param(uploads.bomb(), PNG, "more than 50000000 pixels", id="huge sides"),
    pytest.param(with_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(5_000_000))), PNG, "damaged", id="text bomb"),
    pytest.param(with_chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(5_000_000))), PNG, "damaged", id="profile bomb"),
]


@pytest.mark.parametrize(("data", "mime", "words"), ZOO)
async def test_what_it_is_not_is_refused_and_leaves_nothing(
    keeping: World, tmp_path: Path, data: bytes, mime: str, words: str
) -> None:
    file = await uploaded(keeping, data, mime)
    assert file.state is MediaState.FAILED
    assert file.fault is not None
    assert words in file.fault["message"]
    assert file.fault["hint"]
    assert (file.fault["kind"], file.mime, file.kind, file.sha256) == ("wrong_type", None, None, None)
    assert await keeping.types(file.id) == ["media.failed"]
    assert stored(tmp_path) == []


@pytest.mark.parametrize(
    ("mime", "size"),
    [
        ("image/svg+xml", 10),
        ("video/x-msvideo", 10),
        ("application/vnd.apple.mpegurl", 10),
        ("text/html", 10),
        (PNG, 0),
    ],
)
async def test_what_can_only_be_refused_is_not_even_awaited(
    keeping: World, tmp_path: Path, mime: str, size: int
) -> None:
    with pytest.raises((MediaRefused, InvalidInput)) as refusal:
        await create_upload(keeping.rt, keeping.tenant, "key:tests", CreateUpload("x", mime, size))
    assert refusal.value.hint
    assert stored(tmp_path) == []


@pytest.mark.parametrize("data", [endless_exif(), with_chunk(b"eXIf", b"II*\0\x08\0\0\0" + b"\xff" * 4000)])
async def test_a_bomb_of_metadata_does_no_harm(keeping: World, tmp_path: Path, data: bytes) -> None:
    file = await uploaded(keeping, data, JPEG if data.startswith(b"\xff\xd8") else PNG)
    # It is refused, or it is an image whose metadata is never sent on.
    assert (file.state, file.clean) in {(MediaState.FAILED, None), (MediaState.READY, False)}
    assert len(stored(tmp_path)) == (1 if file.state is MediaState.READY else 0)


async def test_a_crowd_of_frames_is_not_unfolded(keeping: World) -> None:
    file = await uploaded(keeping, frames(3), GIF)
    assert (file.state, file.width, file.height) == (MediaState.READY, 6000, 6000)
