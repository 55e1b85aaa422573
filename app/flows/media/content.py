"""What a file's bytes are: kept under a key of their own, measured, and looked at before anybody may use them.

The bytes are copied to a new random key first, and the copy is what is looked at: an upload address may go on to work
for some minutes, and what was checked must be what is published.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

from app.actions.media.ready import Looked
from app.domain.media.errors import MediaRefused
from app.flows.runtime import Runtime
from app.kernel.settings import Settings
from app.services import images, videos
from app.services.storage import Stored
from connectors.capabilities import MediaKind

MAX_IMAGE_BYTES: Final = 50 * 1024 * 1024
"""An image is held in memory as a whole while it is looked at."""

# Two at a time: each may need a hundred megabytes, decoded more.
_looking: Final = asyncio.Semaphore(2)


class NotAsDeclared(MediaRefused):
    """The bytes are not what was announced; `kind` says in which way."""

    def __init__(self, kind: str, message: str, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.kind = kind


def new_key(tenant: UUID) -> str:
    """A key in the store that nobody can guess; the tenant in front, so that its files can be found and erased."""
    return f"{tenant}/media/{secrets.token_hex(16)}"


def taken(settings: Settings) -> dict[str, int]:
    """The MIME types that are taken, each with its largest size in bytes."""
    largest = settings.media_max_bytes
    return {
        **dict.fromkeys(images.READABLE.values(), min(MAX_IMAGE_BYTES, largest)),
        **dict.fromkeys(videos.TAKEN, largest),
    }


async def keep(rt: Runtime, source: AsyncIterator[bytes], key: str, declared: str | None, limit: int) -> Looked:
    """Write a stream under `key` and look at what was written.

    Raises:
        NotAsDeclared: it cannot be used; nothing is kept.
        FileTooLarge: it is longer than `limit` bytes; nothing is kept.
        Missing: the source is gone; nothing is kept.
    """
    head = bytearray()
    stored = await rt.store.put(key, _watched(source, head), size_limit=limit)
    try:
        return await _look(rt, key, stored, bytes(head), declared)
    except BaseException:
        await rt.store.delete(key)
        raise


async def _look(rt: Runtime, key: str, stored: Stored, head: bytes, declared: str | None) -> Looked:
    video = videos.video_type(head)
    if video is not None and declared in {None, video}:
        return Looked(video, MediaKind.VIDEO, stored.size, stored.sha256)
    if video is not None or declared in videos.TAKEN:
        found = f"The file is {video}, not" if video else "The file is not"
        raise NotAsDeclared("wrong_type", f"{found} {declared} as it was said to be.", "Upload it as what it is.")
    if stored.size > MAX_IMAGE_BYTES:
        raise NotAsDeclared("too_large", f"The image is larger than {MAX_IMAGE_BYTES} bytes.", "Make it smaller.")
    async with _looking:
        data = b"".join([chunk async for chunk in rt.store.get(key)])
        try:
            found_image = await asyncio.to_thread(images.probe, data, declared)
        except images.ImageRefused as refusal:
            raise NotAsDeclared("wrong_type", refusal.message, refusal.hint) from refusal
    return Looked(found_image.mime, MediaKind.IMAGE, stored.size, stored.sha256, found_image.width, found_image.height)


async def _watched(source: AsyncIterator[bytes], head: bytearray) -> AsyncIterator[bytes]:
    async for chunk in source:
        if len(head) < videos.HEAD:
            head += chunk[: videos.HEAD - len(head)]
        yield chunk
