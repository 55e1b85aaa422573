"""Files come in: what is taken, what is refused, and what is left behind."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from app.domain.media.errors import MediaNotReady, MediaRefused, UploadInvalid
from app.domain.media.model import MediaFile, MediaState
from app.domain.media.queries import media
from app.flows.media.content import MAX_IMAGE_BYTES
from app.flows.media.intake import CreateUpload, Upload, complete_upload, create_upload
from app.flows.media.transfer import find_upload, receive
from app.kernel.errors import InvalidInput, NotFound
from app.services.files import documents
from app.services.storage import FileTooLarge
from app.services.vault import generate_key
from tests.app.flows.media import uploads
from tests.fixtures.world import World


@pytest.fixture
def world(world: World) -> World:
    """Give the workspace with a key for signed addresses."""
    settings = world.rt.settings.model_copy(update={"vault_keys": None, "media_max_bytes": 60 * 1024 * 1024})
    return replace(world, rt=replace(world.rt, settings=settings.model_copy(update={"vault_keys": generate_key()})))


def stored(folder: Path) -> list[Path]:
    """The files in the store."""
    return [path for path in folder.rglob("*") if path.is_file()]


async def announce(world: World, data: bytes, mime: str, /, **changes: object) -> Upload:
    wanted = CreateUpload("holiday.png", mime, len(data), "A beach")
    return await create_upload(world.rt, world.tenant, "key:tests", replace(wanted, **changes))  # type: ignore[arg-type]


async def put(world: World, upload: Upload, data: bytes) -> None:
    """Send the bytes to our own route's flow."""
    token = upload.url.partition("token=")[2]
    file = await find_upload(world.rt, upload.media.id, token)
    await receive(world.rt, file, chunks(data))


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 1000):
        yield data[start : start + 1000]


async def complete(world: World, media_id: UUID) -> MediaFile:
    return await complete_upload(world.rt, world.tenant, "key:tests", media_id)


async def row(world: World, media_id: UUID) -> MediaFile:
    async with world.db.read(world.tenant) as session:
        return await media(session, media_id)


async def test_an_announced_file_awaits_its_bytes(world: World) -> None:
    upload = await announce(world, b"x" * 10, "Image/PNG ", filename="C:\\pictures\\my\x00 holiday.png")
    file = await row(world, upload.media.id)
    assert (file.state, file.filename, file.alt) == (MediaState.AWAITING_UPLOAD, "my holiday.png", "A beach")
    assert (file.declared_mime, file.declared_size) == ("image/png", 10)
    assert file.object_key.startswith(f"{world.tenant}/media/")
    assert upload.url.startswith(f"http://127.0.0.1:8000/media/{file.id}/upload?token=")
    assert (upload.method, upload.headers) == ("PUT", {"Content-Type": "image/png"})
    assert upload.expires_at == file.upload_expires_at
    assert upload.url.partition("token=")[2].encode() not in (file.upload_hash or b"")
    assert await world.types() == []


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"mime": "image/svg+xml"}, "mime"),
        ({"mime": "text/html"}, "mime"),
        ({"mime": "application/vnd.apple.mpegurl"}, "mime"),
        ({"size": 0}, "size"),
        ({"size": MAX_IMAGE_BYTES + 1}, "size"),
        ({"mime": "video/mp4", "size": 60 * 1024 * 1024 + 1}, "size"),
        ({"alt": "x" * 10_001}, "alt"),
    ],
)
async def test_what_could_only_fail_is_not_announced(world: World, changes: dict[str, object], path: str) -> None:
    with pytest.raises((MediaRefused, InvalidInput)) as refusal:
        await announce(world, b"x", "image/png", **changes)
    assert refusal.value.path == ("input", path)
    assert refusal.value.hint
    count = await world.owner.fetchval("SELECT count(*) FROM media WHERE tenant_id = $1", world.tenant)
    assert count == 0


@pytest.mark.parametrize(
    ("kind", "mime"),
    [
        ("PNG", "image/png"),
        ("JPEG", "image/jpeg"),
        ("WEBP", "image/webp"),
        ("GIF", "image/gif"),
        ("AVIF", "image/avif"),
    ],
)
async def test_an_image_is_ready(world: World, tmp_path: Path, kind: str, mime: str) -> None:
    data = uploads.image(kind)
    upload = await announce(world, data, mime)
    await put(world, upload, data)
    file = await complete(world, upload.media.id)
    assert (file.state, file.kind, file.mime, file.size) == (MediaState.READY, "image", mime, len(data))
    assert (file.width, file.height) == (40, 30)
    assert file.sha256 == hashlib.sha256(data).hexdigest()
    assert await world.types(file.id) == ["media.ready"]
    assert b"".join([chunk async for chunk in world.rt.store.get(file.object_key)]) == data
    assert [path.read_bytes() for path in stored(tmp_path)] == [data]


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (uploads.video(), "video/mp4"),
        (uploads.video(b"avc1"), "video/mp4"),
        (uploads.video(b"qt  "), "video/quicktime"),
    ],
)
async def test_a_video_is_ready(world: World, data: bytes, mime: str) -> None:
    upload = await announce(world, data, mime)
    await put(world, upload, data)
    file = await complete(world, upload.media.id)
    assert (file.state, file.kind, file.mime) == (MediaState.READY, "video", mime)
    assert (file.width, file.height, file.duration_ms, file.frame_rate) == (64, 48, 2000, 25.0)
    assert (file.video_codec, file.audio_codec) == ("h264", None)


@pytest.mark.parametrize(
    ("data", "mime", "pages"),
    [
        (uploads.pdf(), documents.PDF, 1),
        (uploads.archive(uploads.WORD), documents.DOCX, None),
        (uploads.archive(uploads.SLIDES), documents.PPTX, None),
        (uploads.compound("WordDocument"), documents.DOC, None),
        (uploads.compound("PowerPoint Document"), documents.PPT, None),
    ],
)
async def test_a_document_is_ready(world: World, data: bytes, mime: str, pages: int | None) -> None:
    upload = await announce(world, data, mime)
    await put(world, upload, data)
    file = await complete(world, upload.media.id)
    assert (file.state, file.kind, file.mime, file.pages) == (MediaState.READY, "document", mime, pages)


async def test_completing_twice_is_fine(world: World) -> None:
    data = uploads.image()
    upload = await announce(world, data, "image/png")
    await put(world, upload, data)
    first = await complete(world, upload.media.id)
    second = await complete(world, upload.media.id)
    assert (second.state, second.object_key) == (MediaState.READY, first.object_key)
    assert await world.types(first.id) == ["media.ready"]


async def test_completing_before_the_upload_changes_nothing(world: World) -> None:
    upload = await announce(world, b"x", "image/png")
    with pytest.raises(MediaNotReady, match="has not been uploaded"):
        await complete(world, upload.media.id)
    assert (await row(world, upload.media.id)).state is MediaState.AWAITING_UPLOAD


async def test_another_tenants_file_does_not_exist(world: World, stranger: World) -> None:
    upload = await announce(world, b"x", "image/png")
    with pytest.raises(NotFound):
        await complete_upload(world.rt, stranger.tenant, "key:tests", upload.media.id)


async def test_bytes_of_a_ready_file_do_not_change(world: World) -> None:
    data = uploads.image()
    upload = await announce(world, data, "image/png")
    await put(world, upload, data)
    uploaded = upload.media.object_key
    file = await complete(world, upload.media.id)
    assert file.object_key != uploaded
    # An address of a bucket goes on to work for some minutes: what comes there later is nobody's file.
    await world.rt.store.put(uploaded, chunks(uploads.HTML), size_limit=10_000)
    assert b"".join([chunk async for chunk in world.rt.store.get(file.object_key)]) == data


async def test_a_file_in_a_bucket_of_another_size_fails(world: World, tmp_path: Path) -> None:
    upload = await announce(world, uploads.image(), "image/png")
    await world.rt.store.put(upload.media.object_key, chunks(uploads.image(size=(500, 500))), size_limit=100_000)
    file = await complete(world, upload.media.id)
    assert file.fault is not None
    assert file.fault["kind"] == "wrong_size"
    assert stored(tmp_path) == []


async def test_more_bytes_than_announced_are_not_kept(world: World, tmp_path: Path) -> None:
    upload = await announce(world, b"x" * 10, "image/png")
    with pytest.raises(FileTooLarge):
        await put(world, upload, b"x" * 11)
    assert stored(tmp_path) == []


async def test_fewer_bytes_than_announced_are_not_kept(world: World, tmp_path: Path) -> None:
    upload = await announce(world, b"x" * 10, "image/png")
    with pytest.raises(MediaRefused, match="9 bytes came, and 10 were announced"):
        await put(world, upload, b"x" * 9)
    assert stored(tmp_path) == []


async def test_an_upload_can_be_tried_again(world: World) -> None:
    data = uploads.image()
    upload = await announce(world, data, "image/png")
    await put(world, upload, b"x" * len(data))
    await put(world, upload, data)
    assert (await complete(world, upload.media.id)).state is MediaState.READY


async def test_an_upload_address_expires(world: World) -> None:
    upload = await announce(world, b"x", "image/png")
    world.clock.ahead = timedelta(minutes=15, seconds=1)
    with pytest.raises(UploadInvalid):
        await put(world, upload, b"x")


async def test_an_upload_address_is_for_one_file(world: World) -> None:
    one, other = await announce(world, b"x", "image/png"), await announce(world, b"x", "image/png")
    with pytest.raises(UploadInvalid):
        await find_upload(world.rt, other.media.id, one.url.partition("token=")[2])


async def test_a_completed_file_takes_no_more_bytes(world: World) -> None:
    data = uploads.image()
    upload = await announce(world, data, "image/png")
    await put(world, upload, data)
    await complete(world, upload.media.id)
    with pytest.raises(UploadInvalid):
        await put(world, upload, data)
