"""Bytes over our own routes, for stores that give no addresses of their own: in by a token, out by a signature."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select

from app.domain.media.errors import LinkInvalid, MediaRefused, UploadInvalid
from app.domain.media.model import MediaDerivative, MediaFile, MediaState
from app.domain.media.queries import derivative
from app.flows.connections.tickets import digest
from app.flows.runtime import NotConfigured, Runtime
from app.services.signed_links import LIFE, LinkSigner


@dataclass(frozen=True, slots=True)
class Link:
    """An address that gives a file's bytes without a key, for a short time."""

    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Readable:
    """Bytes that may be given out, and what to say of them."""

    object_key: str
    size: int
    mime: str
    filename: str


async def find_upload(rt: Runtime, media_id: UUID, token: str) -> MediaFile:
    """The file that an upload token is for.

    Raises:
        UploadInvalid: there is none, its time is over, or the file was completed meanwhile.
    """
    file = await _find(rt, MediaFile.id == media_id, MediaFile.upload_hash == digest(token))
    if file is None or file.state is not MediaState.AWAITING_UPLOAD or file.upload_expires_at is None:
        raise UploadInvalid
    if file.upload_expires_at <= rt.clock.now():
        raise UploadInvalid
    return file


async def receive(rt: Runtime, file: MediaFile, stream: AsyncIterator[bytes]) -> None:
    """Write the bytes of an upload; a second try replaces the first.

    Raises:
        FileTooLarge: more came than was announced; nothing was kept.
        MediaRefused: less came than was announced; nothing was kept.
    """
    announced = file.declared_size or 0
    stored = await rt.store.put(file.object_key, stream, size_limit=announced)
    if stored.size != announced:
        await rt.store.delete(file.object_key)
        message = f"{stored.size} bytes came, and {announced} were announced."
        raise MediaRefused(message, hint="Send the whole file again.")


async def read_link(rt: Runtime, file: MediaFile, copy: str | None = None) -> Link:
    """An address for the bytes of a file that is ready: of the bucket, or of our own route.

    `copy` names the copy (by its rules) that `file` describes, where it is not the original.
    """
    expires_at = rt.clock.now() + LIFE
    url = await rt.store.presign_get(file.object_key, LIFE)
    if url is None:
        # Another process checks it: a worker whose clock is wrong would give an address that is over, or never is.
        expires_at = await rt.db.now() + LIFE
        expires, signature = _signer(rt).sign(_subject(file.id, copy), expires_at)
        named = f"copy={copy}&" if copy else ""
        url = f"{rt.settings.public_url}/media/{file.id}?{named}expires={expires}&signature={signature}"
    return Link(url, expires_at)


async def find_readable(rt: Runtime, media_id: UUID, copy: str | None, expires: str, signature: str) -> Readable:
    """What a signed address of ours opens: a file, or the copy of it that fits some rules.

    Raises:
        LinkInvalid: the address is forged or too old, or what it opens is gone or not ready.
    """
    if not _signer(rt).valid(_subject(media_id, copy), expires, signature, rt.clock.now()):
        raise LinkInvalid
    file = await _find(rt, MediaFile.id == media_id)
    if file is None or file.state is not MediaState.READY:
        raise LinkInvalid
    found: MediaFile | MediaDerivative | None = file
    if copy is not None:
        async with rt.db.read(file.tenant_id) as session:
            found = await derivative(session, media_id, copy)
    if found is None or found.mime is None or found.object_key is None:
        raise LinkInvalid
    size = await rt.store.size(found.object_key)
    if size is None or size != found.size:
        raise LinkInvalid
    return Readable(found.object_key, size, found.mime, file.filename)


async def _find(rt: Runtime, *conditions: ColumnElement[bool]) -> MediaFile | None:
    # The tenant is not known yet: the system role finds whose row it is, the tenant's own session reads it.
    async with rt.db.system() as session:
        row = (await session.execute(select(MediaFile.id, MediaFile.tenant_id).where(*conditions))).one_or_none()
    if row is None:
        return None
    async with rt.db.read(row.tenant_id) as session:
        return await session.get(MediaFile, row.id)


def _subject(media_id: UUID, copy: str | None) -> str:
    return f"media:{media_id}" if copy is None else f"media:{media_id}:{copy}"


def _signer(rt: Runtime) -> LinkSigner:
    if rt.settings.vault_keys is None:
        raise NotConfigured("POSTD_VAULT_KEYS must hold the master keys. `postd vault key` makes one.")
    return LinkSigner.of(rt.settings.vault_keys.get_secret_value())
