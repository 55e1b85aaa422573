"""Copies for platforms are made before a post needs them, once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import pytest

from app.domain.media.model import MediaFile
from app.flows.media.intake import CreateUpload, complete_upload, create_upload
from app.flows.media.transfer import find_upload, receive
from app.flows.publishing.copies import fit_ahead
from app.flows.publishing.files import prepared_files
from app.services.vault import generate_key
from connectors.catalog import Catalog
from connectors.image_rules import ImageRules
from tests.app.flows.media import uploads
from tests.app.flows.upkeep.test_upkeep import Outbox
from tests.fixtures.scripted import CAPABILITIES, Scripted
from tests.fixtures.world import World
from workers import queues
from workers.scheduler import scan_media

RULES = ImageRules(max_bytes=100_000, max_side=100, types=("image/jpeg",))


@pytest.fixture
def world(world: World) -> World:
    """Give the workspace with a platform that takes small JPEGs only, and a key for signed addresses."""
    small = Scripted(capabilities=replace(CAPABILITIES, images=RULES))
    settings = world.rt.settings.model_copy(update={"vault_keys": generate_key()})
    return replace(world, rt=replace(world.rt, settings=settings, catalog=Catalog([small])))


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def uploaded(world: World, data: bytes, mime: str = "image/png") -> MediaFile:
    upload = await create_upload(world.rt, world.tenant, "key:tests", CreateUpload("loaf.png", mime, len(data)))
    file = await find_upload(world.rt, upload.media.id, upload.url.partition("token=")[2])
    await receive(world.rt, file, chunks(data))
    return await complete_upload(world.rt, world.tenant, "key:tests", upload.media.id)


async def copies(world: World, media_id: UUID) -> list[tuple[str, int, int]]:
    rows = await world.owner.fetch("SELECT mime, width, height FROM media_derivatives WHERE media_id = $1", media_id)
    return [tuple(row) for row in rows]


async def test_an_image_that_does_not_fit_is_copied_once(world: World) -> None:
    file = await uploaded(world, uploads.image(size=(400, 200)))

    for _ in range(2):
        await fit_ahead(world.rt, world.tenant, file.id)

    assert await copies(world, file.id) == [("image/jpeg", 100, 50)]
    assert await world.owner.fetchval("SELECT fit_at FROM media WHERE id = $1", file.id) is None


async def test_an_image_that_fits_is_left_alone(world: World) -> None:
    file = await uploaded(world, uploads.image("JPEG", (40, 30)), "image/jpeg")

    await fit_ahead(world.rt, world.tenant, file.id)

    assert await copies(world, file.id) == []


async def test_the_publisher_takes_the_copy(world: World) -> None:
    file = await uploaded(world, uploads.image(size=(400, 200)))
    await fit_ahead(world.rt, world.tenant, file.id)

    files = await prepared_files(world.rt, world.tenant, {"media": [{"id": str(file.id)}]}, RULES)

    taken = files.rows[file.id]
    data = b"".join([chunk async for chunk in files.opener(taken)()])
    assert (taken.mime, taken.width, taken.height, taken.size) == ("image/jpeg", 100, 50, len(data))
    assert data.startswith(b"\xff\xd8")
    assert len(await copies(world, file.id)) == 1


async def test_the_scheduler_offers_a_new_image_and_no_video(world: World) -> None:
    await world.owner.execute("UPDATE media SET fit_at = NULL")
    image = await uploaded(world, uploads.image(size=(400, 200)))
    await uploaded(world, uploads.video(), "video/mp4")
    outbox = Outbox()

    await scan_media(world.rt, outbox)
    await scan_media(world.rt, outbox)

    assert [(one.actor, one.ids) for one in outbox.sent] == [(queues.FIT_MEDIA, (str(world.tenant), str(image.id)))]
