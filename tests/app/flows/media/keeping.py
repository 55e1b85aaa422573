"""Files of a workspace, for the tests of media: uploaded by the flows, counted in the store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.media.model import MediaFile
from app.flows.media.intake import CreateUpload, complete_upload, create_upload
from app.flows.media.transfer import find_upload, receive
from app.services.vault import generate_key
from connectors.capabilities import Format, FormatKey
from connectors.catalog import Catalog
from tests.fixtures.scripted import CAPABILITIES, TEXT, Scripted
from tests.fixtures.world import World


@pytest.fixture
def keeping(world: World) -> World:
    """Give the workspace with a key for signed addresses, and a platform that takes images."""
    settings = world.rt.settings.model_copy(update={"vault_keys": generate_key()})
    images = Format(FormatKey.IMAGE, limits=(TEXT,), media_types=("image/png", "image/gif", "image/jpeg"))
    platform = Scripted(capabilities=replace(CAPABILITIES, formats=(*CAPABILITIES.formats, images)))
    return replace(world, platform=platform, rt=replace(world.rt, settings=settings, catalog=Catalog([platform])))


async def uploaded(world: World, data: bytes, mime: str = "image/png", name: str = "loaf.png") -> MediaFile:
    """A file that was announced, sent and completed."""
    upload = await create_upload(world.rt, world.tenant, "key:tests", CreateUpload(name, mime, len(data)))
    file = await find_upload(world.rt, upload.media.id, upload.url.partition("token=")[2])
    await receive(world.rt, file, chunks(data))
    return await complete_upload(world.rt, world.tenant, "key:tests", upload.media.id)


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    """The bytes, a piece at a time."""
    for start in range(0, len(data), 1000):
        yield data[start : start + 1000]


def stored(folder: Path) -> list[Path]:
    """The files in the store."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
