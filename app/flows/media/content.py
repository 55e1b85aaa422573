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

from app.actions.media.discard import UNCLAIMED, discard
from app.actions.media.ready import Looked
from app.domain.media.errors import MediaRefused
from app.flows.media.removal import remove
from app.flows.runtime import Runtime
from app.kernel.settings import Settings
from app.services.files import documents, ffprobe, images, videos
from app.services.storage import Stored
from connectors.capabilities import MediaKind

MAX_IMAGE_BYTES: Final = 50 * 1024 * 1024
"""An image is held in memory as a whole while it is looked at."""
MAX_DOCUMENT_BYTES: Final = 100 * 1024 * 1024
"""LinkedIn's limit, https://learn.microsoft.com/linkedin/marketing/community-management/shares/documents-api"""
_HEAD: Final = 64 * 1024
"""How many bytes of a file tell what it seems to be."""

AS_IT_IS: Final = "Upload it as what it is."
_NO_IMAGES: Final = frozenset({*videos.TAKEN, *documents.TAKEN})

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
        **dict.fromkeys(documents.TAKEN, min(MAX_DOCUMENT_BYTES, largest)),
    }


async def keep(
    rt: Runtime, tenant: UUID, source: AsyncIterator[bytes], key: str, declared: str | None, limit: int
) -> Looked:
    """Write a stream under `key` and look at what was written.

    A bucket gives it out as the type that was announced, or as what it begins like.

    Raises:
        NotAsDeclared: it cannot be used; nothing is kept.
        FileTooLarge: it is longer than `limit` bytes; nothing is kept.
        Missing: the source is gone; nothing is kept.
    """
    head, stream = await _begun(source)
    async with rt.db.transaction(tenant) as session:
        await discard(session, [key], UNCLAIMED)
    stored = await rt.store.put(key, stream, size_limit=limit, mime=_seems(head, declared))
    try:
        return await _look(rt, key, stored, head, declared)
    except BaseException:
        await remove(rt, tenant, key)
        raise


async def _look(rt: Runtime, key: str, stored: Stored, head: bytes, declared: str | None) -> Looked:
    video = videos.video_type(head)
    if video is not None:
        return await _look_at_video(rt, key, stored, video, declared)
    if documents.begins_like_one(head):
        return await _look_at_document(rt, key, stored, declared)
    if declared in _NO_IMAGES:
        raise NotAsDeclared("wrong_type", f"The file is not {declared} as it was said to be.", AS_IT_IS)
    return await _look_at_image(rt, key, stored, declared)


async def _look_at_video(rt: Runtime, key: str, stored: Stored, video: str, declared: str | None) -> Looked:
    _agree(video, declared)
    async with _looking, rt.store.on_disk(key) as path:
        try:
            clip = await asyncio.to_thread(videos.read_clip, path)
            program = ffprobe.found(rt.settings.ffprobe)
            if program is not None:
                clip = await ffprobe.look(program, path) or clip
        except videos.VideoRefused as refusal:
            raise NotAsDeclared("wrong_type", refusal.message, refusal.hint) from refusal
    return Looked(video, MediaKind.VIDEO, stored.size, stored.sha256, clip.width, clip.height, clip=clip)


async def _look_at_document(rt: Runtime, key: str, stored: Stored, declared: str | None) -> Looked:
    _check_size("document", stored.size, MAX_DOCUMENT_BYTES)
    async with _looking, rt.store.on_disk(key) as path:
        try:
            document = await asyncio.to_thread(documents.probe, path)
        except documents.DocumentRefused as refusal:
            raise NotAsDeclared("wrong_type", refusal.message, refusal.hint) from refusal
    _agree(document.mime, declared)
    return Looked(document.mime, MediaKind.DOCUMENT, stored.size, stored.sha256, pages=document.pages)


async def _look_at_image(rt: Runtime, key: str, stored: Stored, declared: str | None) -> Looked:
    _check_size("image", stored.size, MAX_IMAGE_BYTES)
    async with _looking, rt.store.on_disk(key) as path:
        try:
            image = await asyncio.to_thread(images.probe, path, declared)
        except images.ImageRefused as refusal:
            raise NotAsDeclared("wrong_type", refusal.message, refusal.hint) from refusal
    found = (image.mime, MediaKind.IMAGE, stored.size, stored.sha256, image.width, image.height)
    return Looked(*found, clean=image.clean)


def _check_size(what: str, size: int, largest: int) -> None:
    if size > largest:
        raise NotAsDeclared("too_large", f"The {what} is larger than {largest} bytes.", "Make it smaller.")


def _agree(found: str, declared: str | None) -> None:
    if declared not in {None, found}:
        raise NotAsDeclared("wrong_type", f"The file is {found}, not {declared} as it was said to be.", AS_IT_IS)


def _seems(head: bytes, declared: str | None) -> str | None:
    """The type to keep bytes under before they are looked at: the announced one, else what they begin like."""
    return declared or videos.video_type(head) or images.begins_like(head)


async def _begun(source: AsyncIterator[bytes]) -> tuple[bytes, AsyncIterator[bytes]]:
    """The first bytes of a stream, and the whole stream all the same."""
    head = bytearray()
    async for chunk in source:
        head += chunk
        if len(head) >= _HEAD:
            break

    async def whole() -> AsyncIterator[bytes]:
        yield bytes(head)
        async for chunk in source:
            yield chunk

    return bytes(head[:_HEAD]), whole()
