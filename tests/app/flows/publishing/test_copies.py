"""What is known of each copy, and what goes out where a file tells more than it shows."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.actions.media.delete import delete_unused
from app.domain.media.model import MediaFile
from app.domain.posts.content import content, part
from app.domain.posts.errors import InvalidContent
from app.flows.media.removal import sweep_media
from app.flows.publishing.copies import MAX_TRIES, Copy, CopyNeed, copy_of, fit_ahead, needs
from app.flows.publishing.files import prepared_files
from app.services.storage import StorageError, Store
from connectors.capabilities import Format, FormatKey
from connectors.catalog import Catalog
from connectors.faults import FaultKind, PlatformFault
from connectors.image_rules import ImageRules
from tests.app.flows.media import uploads
from tests.app.flows.media.keeping import keeping, stored, uploaded
from tests.fixtures.scripted import CAPABILITIES, TEXT, Scripted
from tests.fixtures.world import World

__all__ = ["keeping"]

RULES = ImageRules(max_bytes=100_000, max_side=100, types=("image/jpeg",))


@pytest.fixture
def world(keeping: World) -> World:
    """Give the workspace with a platform that takes small JPEGs only."""
    formats = (*CAPABILITIES.formats, Format(FormatKey.IMAGE, limits=(TEXT,), media_types=("image/jpeg",)))
    platform = Scripted(capabilities=replace(CAPABILITIES, images=RULES, formats=formats))
    return replace(keeping, platform=platform, rt=replace(keeping.rt, catalog=Catalog([platform])))


async def known(world: World, file: MediaFile) -> Copy:
    (copy,) = (await needs(world.rt, world.tenant, [file.id]))[file.id]
    return copy


def placed() -> bytes:
    """A small JPEG that tells where it was taken."""
    exif = Image.Exif()
    exif[0x010F] = "c4n4ry-maker"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "JPEG", exif=exif)
    return out.getvalue()


def dancing() -> bytes:
    """An animation, which this platform does not take."""
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, "GIF", save_all=True, append_images=[Image.new("RGB", (40, 30))])
    return out.getvalue()


async def test_a_file_that_fits_and_tells_nothing_needs_no_copy(world: World) -> None:
    file = await uploaded(world, uploads.image("JPEG"), "image/jpeg")
    assert await known(world, file) == Copy("scripted", CopyNeed.NOT_NEEDED)


async def test_a_copy_waits_and_is_ready(world: World) -> None:
    file = await uploaded(world, uploads.image())
    assert (await known(world, file)).need is CopyNeed.WAITING
    await fit_ahead(world.rt, world.tenant, file.id)
    assert await known(world, file) == Copy("scripted", CopyNeed.READY)


async def test_a_place_is_never_sent_also_where_the_file_fits(world: World) -> None:
    file = await uploaded(world, placed(), "image/jpeg")
    files = await prepared_files(world.rt, world.tenant, {"media": [{"id": str(file.id)}]}, RULES)
    sent = b"".join([chunk async for chunk in files.opener(files.rows[file.id])()])
    assert b"c4n4ry" not in sent
    assert dict(Image.open(io.BytesIO(sent)).getexif()) == {}
    assert files.rows[file.id].size == len(sent)


async def test_a_file_that_cannot_fit_says_so_before_a_post_is_planned(world: World) -> None:
    file, connection = await uploaded(world, dancing(), "image/gif"), await world.connection()
    await fit_ahead(world.rt, world.tenant, file.id)
    copy = await known(world, file)
    assert copy.need is CopyNeed.FAILED
    assert copy.problem is not None
    assert "The animated image (image/gif, 40x30" in copy.problem
    assert await world.owner.fetchval("SELECT fit_at FROM media WHERE id = $1", file.id) is None

    with pytest.raises(InvalidContent) as refusal:
        await world.post(connection, content=content([part("Look", [{"id": file.id}])]))
    assert [one.problem.rule for one in refusal.value.problems] == ["media.fits"]


async def test_an_interrupted_copy_is_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    file = await uploaded(world, uploads.image())

    def away(*_: Any, **__: Any) -> None:
        raise StorageError("away")

    with monkeypatch.context() as broken:
        broken.setattr(Store, "get", away)
        with pytest.raises(PlatformFault) as fault:
            await copy_of(world.rt, world.tenant, file, RULES)
        assert fault.value.fault.kind is FaultKind.UNREACHABLE
        await fit_ahead(world.rt, world.tenant, file.id)
    assert await known(world, file) == Copy("scripted", CopyNeed.RETRYING, "The media store did not answer.")
    tries = await world.owner.fetchval("SELECT tries FROM media_derivatives WHERE media_id = $1", file.id)
    assert tries == 2
    assert await world.owner.fetchval("SELECT fit_at FROM media WHERE id = $1", file.id) is not None

    await fit_ahead(world.rt, world.tenant, file.id)
    assert await known(world, file) == Copy("scripted", CopyNeed.READY)
    assert await world.owner.fetchval("SELECT fit_at FROM media WHERE id = $1", file.id) is None


async def test_tries_ahead_of_time_come_to_an_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    file = await uploaded(world, uploads.image())

    async def away(*_: Any, **__: Any) -> None:
        raise StorageError("away")

    monkeypatch.setattr(Store, "put", away)
    for _ in range(MAX_TRIES):
        assert await world.owner.fetchval("SELECT fit_at FROM media WHERE id = $1", file.id) is not None
        await fit_ahead(world.rt, world.tenant, file.id)
    assert await world.owner.fetchval("SELECT fit_at FROM media WHERE id = $1", file.id) is None


async def test_copies_go_with_their_file(world: World, tmp_path: Path) -> None:
    file = await uploaded(world, uploads.image())
    await fit_ahead(world.rt, world.tenant, file.id)
    assert len(stored(tmp_path)) == 2
    async with world.db.transaction(world.tenant) as session:
        assert await delete_unused(session, file.id)
    await sweep_media(world.rt)
    assert stored(tmp_path) == []


async def test_a_copy_of_a_file_that_is_deleted_meanwhile_leaves_nothing(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, put = await uploaded(world, uploads.image()), Store.put

    async def late(store: Store, *arguments: Any, **named: Any) -> Any:
        async with world.db.transaction(world.tenant) as session:
            assert await delete_unused(session, file.id)
        return await put(store, *arguments, **named)

    monkeypatch.setattr(Store, "put", late)
    await fit_ahead(world.rt, world.tenant, file.id)
    await sweep_media(world.rt)
    assert stored(tmp_path) == []
