"""What a bucket is asked for is signed, and a signature is good for one thing; no more of a file is held than a part.

On a bucket of our own, which checks every signature and counts the bytes of a request.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from app.flows.media.intake import CreateUpload, complete_upload, create_upload
from app.flows.media.transfer import read_link
from app.services.storage import StorageError, Store
from tests.app.flows.media import uploads
from tests.app.flows.media.keeping import chunks, keeping
from tests.fixtures.bucket import NAME, Bucket, bucket
from tests.fixtures.world import World

__all__ = ["keeping"]

PICTURE = uploads.image()
MIB = 1024 * 1024


@pytest.fixture
async def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bucket]:
    """Give a bucket, and the environment that leads to it."""
    async with bucket(tmp_path / "bucket") as made:
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        yield made


@pytest.fixture
async def world(keeping: World, pictures: Bucket) -> World:
    """Give a workspace whose files are in the bucket."""
    return replace(keeping, rt=replace(keeping.rt, store=Store.open(f"s3://{NAME}/media")))


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    """Give a client without credentials."""
    async with httpx2.AsyncClient() as client:
        yield client


async def test_an_address_is_for_one_method_one_file_and_one_time(
    world: World, pictures: Bucket, http: httpx2.AsyncClient
) -> None:
    upload = await create_upload(world.rt, world.tenant, "key:tests", CreateUpload("loaf", "image/png", len(PICTURE)))
    other = upload.url.replace("/media/", "/media/x", 1)
    later = upload.url.replace("X-Amz-Expires=900", "X-Amz-Expires=90000")
    assert later != upload.url
    assert (await http.put(other, content=PICTURE)).status_code == 403
    assert (await http.put(later, content=PICTURE)).status_code == 403
    assert (await http.get(upload.url)).status_code == 403
    assert pictures.keys() == []


async def test_the_addresses_of_a_file_are_signed(world: World, pictures: Bucket, http: httpx2.AsyncClient) -> None:
    upload = await create_upload(world.rt, world.tenant, "key:tests", CreateUpload("loaf", "image/png", len(PICTURE)))
    sent = await http.request(upload.method, upload.url, content=PICTURE, headers=upload.headers)
    file = await complete_upload(world.rt, world.tenant, "key:tests", upload.media.id)
    answer = await http.get((await read_link(world.rt, file)).url)
    assert (sent.status_code, answer.status_code, answer.content) == (200, 200, PICTURE)
    assert pictures.asked[0] == "PUT signed address"
    assert pictures.asked[-1] == "GET signed address"


async def test_a_large_file_is_signed_part_by_part_and_never_held_whole(pictures: Bucket) -> None:
    async def stream() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield bytes(MIB)

    await Store.open(f"s3://{NAME}").put("t/large", stream(), 20 * MIB, "video/mp4")
    assert (pictures.keys(), pictures.largest_body) == (["t/large"], 8 * MIB)


async def test_wrong_credentials_are_told_in_one_sentence(pictures: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another-secret")
    with pytest.raises(StorageError, match="could not write") as refusal:
        await Store.open(f"s3://{NAME}").put("t/x", chunks(b"x"), 1)
    assert "\n" not in str(refusal.value)
    assert pictures.keys() == []
