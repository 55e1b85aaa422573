from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.services.storage import FileTooLarge, Missing, StorageError, Store, Stored

KEY = "t1/0190aaaa.bin"
MIB = 1024 * 1024


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(f"file:{tmp_path / 'media'}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "media"


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def read(store: Store, key: str = KEY) -> bytes:
    return b"".join([chunk async for chunk in store.get(key)])


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def test_what_was_put_is_read_back(store: Store) -> None:
    stored = await store.put(KEY, stream(b"ab", b"", b"c"), 3)
    assert stored == Stored(3, hashlib.sha256(b"abc").hexdigest())
    assert await read(store) == b"abc"


async def test_a_file_of_several_parts_is_whole(store: Store) -> None:
    chunk = bytes(range(256)) * 4096
    stored = await store.put(KEY, stream(*[chunk] * 20), 20 * MIB)
    assert stored.size == 20 * MIB
    assert await read(store) == chunk * 20


async def test_an_empty_file_is_a_file(store: Store) -> None:
    assert (await store.put(KEY, stream(), 10)).size == 0
    assert await store.size(KEY) == 0
    assert await read(store) == b""


async def test_a_second_put_replaces_the_first(store: Store) -> None:
    await store.put(KEY, stream(b"old and longer"), 100)
    await store.put(KEY, stream(b"new"), 100)
    assert await read(store) == b"new"


@pytest.mark.parametrize("chunks", [[b"abcd"], [b"ab", b"cd"], [b"x" * MIB] * 20], ids=["one", "two", "parts"])
async def test_a_file_beyond_its_limit_is_refused_and_not_kept(store: Store, folder: Path, chunks: list[bytes]) -> None:
    limit = sum(map(len, chunks)) - 1
    with pytest.raises(FileTooLarge) as refusal:
        await store.put(KEY, stream(*chunks), limit)
    assert (refusal.value.code, refusal.value.limit) == ("FILE_TOO_LARGE", limit)
    assert not await store.exists(KEY)


async def test_a_refused_file_leaves_the_old_one(store: Store) -> None:
    await store.put(KEY, stream(b"old"), 3)
    with pytest.raises(FileTooLarge):
        await store.put(KEY, stream(b"new!"), 3)
    assert await read(store) == b"old"


async def test_a_broken_stream_leaves_nothing(store: Store, folder: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * MIB
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await store.put(KEY, broken(), 100 * MIB)
    assert not await store.exists(KEY)


async def test_a_cancelled_put_ends_its_stream_and_leaves_nothing(store: Store) -> None:
    waiting, ended = asyncio.Event(), asyncio.Event()

    async def stalled() -> AsyncIterator[bytes]:
        yield b"x" * 9 * MIB
        waiting.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    task = asyncio.create_task(store.put(KEY, stalled(), 100 * MIB))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()
    assert not await store.exists(KEY)


async def test_a_missing_file_is_told(store: Store) -> None:
    with pytest.raises(Missing):
        await read(store, "t1/none")
    assert await store.size("t1/none") is None


async def test_a_deleted_file_is_gone(store: Store) -> None:
    await store.put(KEY, stream(b"abc"), 3)
    await store.delete(KEY)
    assert not await store.exists(KEY)


async def test_deleting_what_is_not_there_is_no_error(store: Store) -> None:
    await store.delete("t1/none")


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a/..",
        ".hidden",
        "a/.hidden",
        "a//b",
        "a/",
        "A",
        "a\\b",
        "a#1",
        "a\0",
        "ü",
    ],
)
async def test_a_key_of_another_form_is_refused_everywhere(store: Store, folder: Path, key: str) -> None:
    for call in (store.put(key, stream(b"x"), 1), store.size(key), store.delete(key), store.presign_get(key)):
        with pytest.raises(ValueError, match="is not a storage key"):
            await call
    with pytest.raises(ValueError, match="is not a storage key"):
        await read(store, key)
    assert files(folder.parent) == []


async def test_a_link_does_not_lead_out_of_the_folder(store: Store, folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "f").write_bytes(b"secret")
    (folder / "link").symlink_to(outside)
    with pytest.raises(ValueError, match="leads out of the media folder"):
        await read(store, "link/f")
    with pytest.raises(ValueError, match="leads out of the media folder"):
        await store.put("link/g", stream(b"x"), 1)
    assert files(outside) == ["f"]


async def test_a_local_folder_signs_no_addresses(store: Store) -> None:
    assert await store.presign_put(KEY) is None
    assert await store.presign_get(KEY) is None
    assert await store.upload_origin() is None


def test_a_local_folder_is_private(store: Store, folder: Path) -> None:
    assert folder.stat().st_mode & 0o777 == 0o700


async def test_a_bucket_signs_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example-secret")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    store = Store.open("s3://bucket/media")
    put = await store.presign_put(KEY, timedelta(minutes=5))
    get = await store.presign_get(KEY)
    assert put is not None
    assert get is not None
    assert f"bucket/media/{KEY}?" in put
    assert "X-Amz-Expires=300" in put
    assert "X-Amz-Expires=900" in get
    assert "example-secret" not in put
    assert await store.upload_origin() == "https://s3.us-east-1.amazonaws.com"


@pytest.mark.parametrize("url", ["", "file:", "file:///", "memory:", "ftp://x", "s3:", "s3://", "/srv/media"])
def test_another_address_is_refused(url: str) -> None:
    with pytest.raises(StorageError, match="POSTD_MEDIA_STORE is not understood: use file:FOLDER"):
        Store.open(url)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be made: Not a directory"):
        Store.open(f"file:{tmp_path / 'file' / 'media'}")


async def test_a_failing_store_says_so_briefly(store: Store, folder: Path) -> None:
    (folder / "t1").write_text("a file where a folder should be")
    with pytest.raises(
        StorageError, match=r"The media store could not write \(\w+\): check POSTD_MEDIA_STORE"
    ) as failure:
        await store.put(KEY, stream(b"x"), 1)
    assert "\n" not in str(failure.value)
