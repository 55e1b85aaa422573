"""A hundred megabytes pass through in small pieces: in by our route, in from the web, looked at, and out again."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route

from app.domain.media.model import MediaFile, MediaState
from app.flows.media.intake import CreateUpload, complete_upload, create_upload, import_media
from app.flows.media.transfer import find_upload, receive
from app.flows.publishing.files import prepared_files
from connectors.image_rules import ImageRules
from tests.app.flows.media import uploads
from tests.app.flows.media.keeping import keeping
from tests.fixtures.served import listener, serving
from tests.fixtures.world import World

__all__ = ["keeping"]

MIB = 1024 * 1024
SIZE = 100 * MIB
HEAD = uploads.video(size=0)[:-8]
BLOCK = bytes(range(256)) * 256
BOUND = 32 * MIB
"""What Python may hold at a time: far below the file, and above two parts of 8 MiB and what the libraries keep."""


def pieces() -> Iterator[bytes]:
    """A video of 100 MB."""
    rest = SIZE - len(HEAD)
    yield HEAD + rest.to_bytes(4, "big") + b"mdat"
    rest -= 8
    while rest:
        piece = BLOCK[: min(rest, len(BLOCK))]
        rest -= len(piece)
        yield piece


def checksum() -> str:
    digest = hashlib.sha256()
    for piece in pieces():
        digest.update(piece)
    return digest.hexdigest()


async def stream() -> AsyncIterator[bytes]:
    for piece in pieces():
        yield piece


@pytest.fixture
def high_water() -> Iterator[None]:
    """Fail where more than the bound is held at any moment."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < BOUND
    finally:
        tracemalloc.stop()


async def read_back(world: World, file: MediaFile) -> tuple[str, int]:
    """The checksum of what a connector would send, and its largest piece."""
    part = {"text": "", "media": [{"id": str(file.id)}]}
    files = await prepared_files(world.rt, world.tenant, part, ImageRules(1, 1, ("image/jpeg",)))
    digest, largest = hashlib.sha256(), 0
    async for piece in files.opener(files.rows[file.id])():
        digest.update(piece)
        largest = max(largest, len(piece))
    return digest.hexdigest(), largest


async def test_a_large_upload_is_never_in_memory(keeping: World, high_water: None) -> None:
    upload = await create_upload(keeping.rt, keeping.tenant, "key:tests", CreateUpload("a.mp4", "video/mp4", SIZE))
    awaited = await find_upload(keeping.rt, upload.media.id, upload.url.partition("token=")[2])
    await receive(keeping.rt, awaited, stream())
    file = await complete_upload(keeping.rt, keeping.tenant, "key:tests", upload.media.id)
    assert (file.state, file.size, file.sha256) == (MediaState.READY, SIZE, checksum())
    digest, largest = await read_back(keeping, file)
    assert digest == checksum()
    assert largest <= 8 * MIB


async def test_a_large_file_from_the_web_is_never_in_memory(keeping: World, tmp_path: Path, high_water: None) -> None:
    settings = keeping.rt.settings.model_copy(update={"egress_allow": ("127.0.0.0/8",)})
    world = replace(keeping, rt=replace(keeping.rt, settings=settings, pools={}))

    async def serve(_request: object) -> StreamingResponse:
        return StreamingResponse(stream())

    sock, origin = listener()
    async with serving(Starlette(routes=[Route("/a.mp4", serve)]), sock):
        file = await import_media(world.rt, world.tenant, "key:tests", f"{origin}/a.mp4")
    for pool in world.rt.pools.values():
        await pool.aclose()
    assert (file.state, file.size, file.sha256) == (MediaState.READY, SIZE, checksum())
