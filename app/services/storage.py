"""Media bytes: written and read as streams, in a local folder or in a bucket, behind one small interface.

Nothing is held in memory as a whole, and an upload that fails leaves nothing that could be read. (A bucket may keep
the parts of a broken upload until its own lifecycle rule for unfinished multipart uploads removes them: set one.)
Credentials of buckets come from the environment, as their tools have it (`AWS_*`, `GOOGLE_*`, `AZURE_*`).
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, Self
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, LocalStore, ObjectStore, S3Store, from_url

from app.kernel.errors import InvalidInput

if TYPE_CHECKING:  # obstore has these for checkers only
    from obstore import Attributes, GetOptions

_KEY: Final = re.compile(r"(?!\.)[a-z0-9._-]{1,100}(?:/(?!\.)[a-z0-9._-]{1,100}){0,7}")
_PART: Final = 8 * 1024 * 1024  # bytes; a bucket takes up to 10 000 parts, so files up to 80 GB
_CHUNK: Final = 256 * 1024
SIGNED_FOR: Final = timedelta(minutes=15)
"""How long a signed address works."""


class StorageError(Exception):
    """The store cannot do it. The message is for the operator."""


class Missing(StorageError):
    """There is no file under this key."""


class FileTooLarge(InvalidInput):
    """The stream went on beyond its limit; nothing was kept."""

    code: ClassVar[str] = "FILE_TOO_LARGE"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The file is larger than {limit} bytes.", hint="Make the file smaller.")
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Stored:
    """What was written."""

    size: int
    sha256: str
    """In hexadecimal digits."""


class Store:
    """One place for files. Keys are made by us: lower-case path segments that never start with a dot."""

    def __init__(self, backend: ObjectStore, folder: Path | None = None) -> None:
        """Use `open`."""
        self._backend = backend
        self._folder = folder

    @classmethod
    def open(cls, url: str) -> Self:
        """The store at `file:FOLDER` (made if it is missing), `s3://BUCKET`, `gs://BUCKET` or `az://CONTAINER`.

        Raises:
            StorageError: the address is not one of these, or the folder cannot be used.
        """
        scheme, _, rest = url.partition(":")
        if scheme == "file" and rest.strip("/"):
            folder = Path(rest.removeprefix("//")).expanduser().absolute()
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise StorageError(
                    f"POSTD_MEDIA_STORE: the folder {folder} cannot be made: {error.strerror}"
                ) from error
            return cls(LocalStore(folder), folder.resolve())
        if scheme in {"s3", "gs", "az"} and rest.startswith("//") and rest.strip("/"):
            with _translated("open"):
                return cls(from_url(url))
        raise StorageError(
            "POSTD_MEDIA_STORE is not understood: use file:FOLDER, s3://BUCKET, gs://BUCKET or az://CONTAINER"
        )

    async def put(self, key: str, stream: AsyncIterator[bytes], size_limit: int, mime: str | None = None) -> Stored:
        """Write a stream under a key, replacing what was there. At most two parts of 8 MiB are in memory.

        `mime` is the type that a bucket's own addresses give it out as; a folder keeps none.

        Raises:
            FileTooLarge: the stream is longer than `size_limit` bytes. As with any error, nothing was kept.
            StorageError: the store failed.
        """
        path, size, digest = self._path(key), 0, hashlib.sha256()
        attributes: Attributes | None = {"Content-Type": mime} if mime and self._folder is None else None
        writer = obstore.open_writer_async(
            self._backend, path, attributes=attributes, buffer_size=_PART, max_concurrency=1
        )
        try:
            async for chunk in stream:
                size += len(chunk)
                if size > size_limit:
                    raise FileTooLarge(size_limit)
                digest.update(chunk)
                with _translated("write"):
                    await writer.write(chunk)
            with _translated("write"):
                await writer.close()
        finally:
            del writer  # one that was not closed throws its parts away here, not when the traceback dies
        return Stored(size, digest.hexdigest())

    async def get(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The file's bytes in chunks of about 256 KiB; those from `start` up to and without `end`, where it is given.

        `start` is a place inside the file: there is no answer to what begins behind its end.

        Raises:
            Missing: there is no such file.
            StorageError: the store failed.
        """
        with _translated("read"):
            part: GetOptions | None = None
            if start or end is not None:
                part = {"range": {"offset": start} if end is None else (start, end)}
            answer = await obstore.get_async(self._backend, self._path(key), options=part)
            async for chunk in answer.stream(min_chunk_size=_CHUNK):
                yield bytes(chunk)

    @asynccontextmanager
    async def on_disk(self, key: str) -> AsyncIterator[Path]:
        """The file as programs of this machine can open it: in its folder, or a passing copy of what is in a bucket.

        Raises:
            Missing: there is no such file.
            StorageError: the store failed.
        """
        if self._folder is not None:
            if not await self.exists(key):
                raise Missing("There is no such file in the media store.")
            yield self._folder / self._path(key)
            return
        with tempfile.NamedTemporaryFile(prefix="postd-media-") as copy:
            async for chunk in self.get(key):
                await asyncio.to_thread(copy.write, chunk)
            copy.flush()
            yield Path(copy.name)

    async def size(self, key: str) -> int | None:
        """How many bytes a file has; None where there is none. Check it after an upload to a signed address."""
        try:
            with _translated("look up"):
                found = await obstore.head_async(self._backend, self._path(key))
        except Missing:
            return None
        return found["size"]

    async def exists(self, key: str) -> bool:
        """Whether there is a file under this key."""
        return await self.size(key) is not None

    async def delete(self, key: str) -> None:
        """Remove a file; one that is not there is no error."""
        try:
            with _translated("delete"):
                await obstore.delete_async(self._backend, self._path(key))
        except Missing:
            return

    async def presign_put(self, key: str, expires: timedelta = SIGNED_FOR) -> str | None:
        """An address that takes an upload without our credentials; None for a local folder: our own route takes it."""
        return await self._signed("PUT", key, expires)

    async def presign_get(self, key: str, expires: timedelta = SIGNED_FOR) -> str | None:
        """An address that gives the file without our credentials; None for a local folder: our own route gives it."""
        return await self._signed("GET", key, expires)

    async def upload_origin(self) -> str | None:
        """Where signed uploads go, as browsers name an origin; None for a local folder: to ourselves."""
        signed = await self._signed("PUT", "origin", SIGNED_FOR)
        if signed is None:
            return None
        parts = urlsplit(signed)
        return f"{parts.scheme}://{parts.netloc}"

    async def _signed(self, method: str, key: str, expires: timedelta) -> str | None:
        path = self._path(key)
        if not isinstance(self._backend, S3Store | GCSStore | AzureStore):
            return None
        with _translated("sign"):
            return await obstore.sign_async(self._backend, "PUT" if method == "PUT" else "GET", path, expires)

    def _path(self, key: str) -> str:
        """The key itself, proved to stay inside: in its form, and past any link that lies in a local folder."""
        if not _KEY.fullmatch(key):
            raise ValueError(f"{key!r} is not a storage key")
        if self._folder is not None and not (self._folder / key).resolve().is_relative_to(self._folder):
            raise ValueError(f"{key!r} leads out of the media folder")
        return key


@contextmanager
def _translated(verb: str) -> Iterator[None]:
    """Say what failed in our words; the library's text goes on for pages, and may hold addresses and headers."""
    try:
        yield
    except (BaseError, OSError) as error:
        # What is written needs no file before it: there, it is the bucket that is not there.
        if isinstance(error, FileNotFoundError) and verb != "write":
            raise Missing("There is no such file in the media store.") from None
        reason = type(error).__name__
        raise StorageError(
            f"The media store could not {verb} ({reason}): check POSTD_MEDIA_STORE and its rights."
        ) from None
