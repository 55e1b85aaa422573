"""Media in a bucket: the same flows over S3's protocol, on a server that is not ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx2
import pytest

from app.domain.media.model import MediaState
from app.flows.media.intake import CreateUpload, Upload, complete_upload, create_upload
from app.flows.media.removal import delete_media
from app.flows.media.transfer import read_link
from app.flows.publishing.files import prepared_files
from app.services.storage import FileTooLarge, Missing, StorageError, Store
from connectors.image_rules import ImageRules
from tests.app.flows.media import uploads
from tests.app.flows.media.keeping import chunks, keeping
from tests.fixtures.world import World
from tests.s3.bucket import S3Bucket, s3, s3_server

__all__ = ["keeping", "s3", "s3_server"]

PICTURE = uploads.image()
MIB = 1024 * 1024


@pytest.fixture
async def world(keeping: World, s3: S3Bucket) -> World:
    """Give a workspace whose files are in the bucket."""
    return replace(keeping, rt=replace(keeping.rt, store=Store.open(f"s3://{s3.name}/media")))


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    """Give a client without credentials."""
    async with httpx2.AsyncClient() as client:
        yield client


async def announce(world: World, data: bytes, mime: str = "image/png") -> Upload:
    return await create_upload(world.rt, world.tenant, "key:tests", CreateUpload("loaf", mime, len(data)))


async def test_a_file_goes_straight_to_the_bucket_and_back(
    world: World, s3: S3Bucket, http: httpx2.AsyncClient
) -> None:
    upload = await announce(world, PICTURE)
    assert upload.url.startswith(f"{s3.url}/media/{world.tenant}/media/")
    sent = await http.request(upload.method, upload.url, content=PICTURE, headers=upload.headers)
    assert sent.status_code == 200

    file = await complete_upload(world.rt, world.tenant, "key:tests", upload.media.id)

    assert (file.state, file.mime, file.width) == (MediaState.READY, "image/png", 40)
    assert await s3.keys() == [f"media/{file.object_key}"]
    answer = await http.get((await read_link(world.rt, file)).url)
    assert (answer.status_code, answer.content) == (200, PICTURE)
    assert answer.headers["content-type"] == "image/png"


async def test_a_file_of_another_size_is_refused_and_not_kept(
    world: World, s3: S3Bucket, http: httpx2.AsyncClient
) -> None:
    upload = await announce(world, PICTURE)
    assert (await http.put(upload.url, content=PICTURE + b"more")).status_code == 200
    file = await complete_upload(world.rt, world.tenant, "key:tests", upload.media.id)
    assert file.fault is not None
    assert file.fault["kind"] == "wrong_size"
    assert await s3.keys() == []


async def test_a_copy_is_fetched_as_what_it_is(world: World, http: httpx2.AsyncClient) -> None:
    data = uploads.image(size=(400, 200))
    upload = await announce(world, data)
    await http.put(upload.url, content=data)
    file = await complete_upload(world.rt, world.tenant, "key:tests", upload.media.id)
    rules = ImageRules(max_bytes=100_000, max_side=100, types=("image/jpeg",))
    part = {"text": "", "media": [{"id": str(file.id)}]}
    files = await prepared_files(world.rt, world.tenant, part, rules)

    url = await files.linker(files.rows[file.id])()

    answer = await http.get(url, headers={"Range": "bytes=2-9"})
    whole = b"".join([chunk async for chunk in files.opener(files.rows[file.id])()])
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (206, whole[2:10], "image/jpeg")


async def test_a_deleted_file_leaves_the_bucket(world: World, s3: S3Bucket, http: httpx2.AsyncClient) -> None:
    upload = await announce(world, PICTURE)
    await http.put(upload.url, content=PICTURE)
    file = await complete_upload(world.rt, world.tenant, "key:tests", upload.media.id)
    assert await s3.keys() == [f"media/{file.object_key}"]
    await delete_media(world.rt, world.tenant, "key:tests", file.id)
    assert await s3.keys() == []


# ------------------------------------------------------------------------------------------------ the store itself


@pytest.fixture
def store(s3: S3Bucket) -> Store:
    return Store.open(f"s3://{s3.name}")


async def test_a_large_file_is_written_in_parts_and_read_in_ranges(store: Store, s3: S3Bucket) -> None:
    block = bytes(range(256)) * 4096

    async def stream() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield block

    stored = await store.put("t/large", stream(), 20 * MIB, "video/mp4")
    assert stored.size == 20 * MIB
    assert (await s3.keys(), await s3.unfinished()) == (["t/large"], [])
    assert await s3.mime("t/large") == "video/mp4"
    assert b"".join([chunk async for chunk in store.get("t/large")]) == block * 20
    assert b"".join([chunk async for chunk in store.get("t/large", MIB - 3, MIB + 3)]) == block[-3:] + block[:3]
    assert b"".join([chunk async for chunk in store.get("t/large", 20 * MIB - 2)]) == block[-2:]
    async with store.on_disk("t/large") as path:
        assert path.read_bytes() == block * 20
    assert not path.exists()


async def test_a_file_is_replaced_under_its_key(store: Store, s3: S3Bucket) -> None:
    await store.put("t/one", chunks(b"before"), 10)
    await store.put("t/one", chunks(b"after"), 10, "text/plain")
    assert b"".join([chunk async for chunk in store.get("t/one")]) == b"after"
    assert (await s3.keys(), await store.size("t/one"), await s3.mime("t/one")) == (["t/one"], 5, "text/plain")


async def test_what_is_too_large_is_not_kept(store: Store, s3: S3Bucket) -> None:
    with pytest.raises(FileTooLarge):
        await store.put("t/large", chunks(bytes(10_000)), 9_999)
    assert await s3.keys() == []


async def test_what_is_not_there_is_missing(store: Store) -> None:
    assert await store.size("t/none") is None
    await store.delete("t/none")
    with pytest.raises(Missing):
        await anext(store.get("t/none"))


async def test_a_bucket_that_is_not_there_is_told_in_one_sentence(s3: S3Bucket) -> None:
    with pytest.raises(StorageError, match="could not write") as refusal:
        await Store.open(f"s3://{s3.name}-none").put("t/x", chunks(b"x"), 1)
    assert "\n" not in str(refusal.value)
