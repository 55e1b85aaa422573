"""Files come in: announce and upload, or fetch from the web; then look at the bytes and say whether they can be used.

An upload has three steps: `create_upload` gives an address, the client sends the bytes there (to a bucket itself, or
to our own route where the store is a folder), `complete_upload` looks at them. `import_media` fetches a file through
the guarded transport. No transaction is open while bytes move.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import unquote, urlsplit
from uuid import UUID
from weakref import WeakValueDictionary

from app.actions.media.create import CreateMedia, create
from app.actions.media.discard import discard
from app.actions.media.fail import fail
from app.actions.media.ready import Looked, ready
from app.domain.media.errors import MediaNotReady, MediaRefused
from app.domain.media.model import MediaFile, MediaState
from app.domain.media.queries import media as read_media
from app.flows.connections.tickets import digest, new_secret
from app.flows.media.content import NotAsDeclared, keep, new_key, taken
from app.flows.media.removal import empty, remove
from app.flows.runtime import Runtime
from app.kernel import ids
from app.kernel.errors import InvalidInput
from app.services import events
from app.services.storage import SIGNED_FOR, FileTooLarge, Missing
from connectors.faults import FaultKind, PlatformFault

REDIRECTS: Final = 3

# So that imports cannot use up a process's connections and its disk.
_fetching: Final = asyncio.Semaphore(8)
# And so that slow addresses of one workspace leave room for the others.
OF_ONE_WORKSPACE: Final = 2
_fetching_for: Final[WeakValueDictionary[UUID, asyncio.Semaphore]] = WeakValueDictionary()


@dataclass(frozen=True, slots=True)
class CreateUpload:
    """What the client is going to send."""

    filename: str
    mime: str
    size: int
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Upload:
    """Where to send the bytes, and how."""

    media: MediaFile
    url: str
    """Whoever has it may upload until it expires."""
    method: str
    headers: Mapping[str, str]
    expires_at: datetime


async def create_upload(rt: Runtime, tenant: UUID, actor: str, wanted: CreateUpload) -> Upload:
    """Announce a file and give the address for its bytes.

    Raises:
        MediaRefused: no platform takes such a file, or it is too large.
        InvalidInput: the size or the alternative text cannot be.
    """
    mime = wanted.mime.strip().lower()
    _check_declared(mime, wanted.size, taken(rt.settings))
    media_id, key, token = ids.new(), new_key(tenant), new_secret()
    expires_at = rt.clock.now() + SIGNED_FOR
    url = await rt.store.presign_put(key)
    command = CreateMedia(
        id=media_id,
        filename=wanted.filename,
        object_key=key,
        alt=wanted.alt,
        declared_mime=mime,
        declared_size=wanted.size,
        upload_hash=digest(token) if url is None else None,
        upload_expires_at=expires_at,
    )
    async with rt.db.transaction(tenant) as session:
        events.act_as(session, actor)
        file = await create(session, command)
    ours = f"{rt.settings.public_url}/media/{media_id}/upload?token={token}"
    return Upload(file, url or ours, "PUT", {"Content-Type": mime}, expires_at)


async def complete_upload(rt: Runtime, tenant: UUID, actor: str, media_id: UUID) -> MediaFile:
    """Look at the bytes that were sent: the file is READY afterwards, or FAILED with its fault. Twice is fine.

    Raises:
        NotFound: no such file in this tenant.
        MediaNotReady: there are no bytes yet; nothing was changed.
    """
    async with rt.db.read(tenant) as session:
        file = await read_media(session, media_id)
    if file.state is not MediaState.AWAITING_UPLOAD:
        return file
    uploaded, kept = file.object_key, new_key(tenant)
    try:
        looked = await _take(rt, tenant, file, kept)
    except Missing:
        return await _as_it_is(rt, tenant, media_id)
    except NotAsDeclared as refusal:
        done = await _settle_failed(rt, tenant, actor, media_id, refusal)
    else:
        done = await _settle_ready(rt, tenant, actor, media_id, kept, looked)
    async with rt.db.transaction(tenant) as session:
        # Its address goes on to work for some minutes where it is a bucket's: what comes there later goes as well.
        await discard(session, [uploaded], SIGNED_FOR * 2)
    await rt.store.delete(uploaded)
    await empty(rt, tenant)
    return done or await _as_it_is(rt, tenant, media_id)


async def import_media(rt: Runtime, tenant: UUID, actor: str, url: str, alt: str = "") -> MediaFile:
    """Fetch a file from the web: READY, or FAILED with its fault where it could not be used.

    Raises:
        MediaRefused: the address is one that this installation does not call; nothing was made.
        InvalidInput: the alternative text cannot be; nothing was made.
    """
    media_id, key = ids.new(), new_key(tenant)
    try:
        looked: Looked | NotAsDeclared = await _fetch(rt, tenant, url, key)
    except NotAsDeclared as refusal:
        looked = refusal
    name = unquote(urlsplit(url).path.rsplit("/", 1)[-1])
    try:
        async with rt.db.transaction(tenant) as session:
            events.act_as(session, actor)
            file = await create(session, CreateMedia(id=media_id, filename=name, object_key=key, alt=alt))
            if isinstance(looked, Looked):
                done = await ready(session, media_id, key, looked)
            else:
                done = await fail(session, media_id, kind=looked.kind, message=looked.message, hint=looked.hint)
    except InvalidInput:
        await remove(rt, tenant, key)
        raise
    await empty(rt, tenant)
    return done or file


async def _take(rt: Runtime, tenant: UUID, file: MediaFile, kept: str) -> Looked:
    size = await rt.store.size(file.object_key)
    if size is None:
        raise Missing
    if size != file.declared_size:
        message = f"The file has {size} bytes, not {file.declared_size} as it was said to have."
        raise NotAsDeclared("wrong_size", message, "Create a new upload with its real size.")
    try:
        return await keep(rt, tenant, rt.store.get(file.object_key), kept, file.declared_mime, size)
    except FileTooLarge:  # it was replaced by a longer one meanwhile
        raise NotAsDeclared("wrong_size", "The file changed while it was read.", "Upload it once.") from None


async def _fetch(rt: Runtime, tenant: UUID, url: str, key: str) -> Looked:
    limit = rt.settings.media_max_bytes
    web = rt.connector_context("web").http
    mine = _fetching_for.setdefault(tenant, asyncio.Semaphore(OF_ONE_WORKSPACE))
    async with mine, _fetching:
        try:
            async with web.receive(url, follow=REDIRECTS, max_bytes=limit) as answer:
                if not answer.ok:
                    # The class of the status and no more: an answer from inside must not be told to the outside.
                    message = f"The server of the file answered {answer.status // 100}xx."
                    hint = "Check that the address opens in a browser without a login."
                    raise NotAsDeclared("not_fetched", message, hint)
                return await keep(rt, tenant, answer.chunks, key, None, limit)
        except PlatformFault as error:
            if error.fault.kind is FaultKind.FORBIDDEN_ADDRESS:
                raise MediaRefused(error.fault.message, hint=error.fault.hint, path=("input", "url")) from error
            if error.fault.kind is FaultKind.UNEXPECTED_ANSWER:
                raise NotAsDeclared("not_fetched", error.fault.message, "Upload the file instead.") from error
            message = "The server of the file could not be reached, or took too long."
            raise NotAsDeclared("not_fetched", message, "Check the address and try again, or upload it.") from error


async def _settle_ready(
    rt: Runtime, tenant: UUID, actor: str, media_id: UUID, kept: str, looked: Looked
) -> MediaFile | None:
    async with rt.db.transaction(tenant) as session:
        events.act_as(session, actor)
        done = await ready(session, media_id, kept, looked)
        if done is None:  # another completion was faster
            await discard(session, [kept])
    return done


async def _settle_failed(
    rt: Runtime, tenant: UUID, actor: str, media_id: UUID, refusal: NotAsDeclared
) -> MediaFile | None:
    async with rt.db.transaction(tenant) as session:
        events.act_as(session, actor)
        return await fail(session, media_id, kind=refusal.kind, message=refusal.message, hint=refusal.hint)


async def _as_it_is(rt: Runtime, tenant: UUID, media_id: UUID) -> MediaFile:
    async with rt.db.read(tenant) as session:
        file = await read_media(session, media_id)
    if file.state is MediaState.AWAITING_UPLOAD:
        hint = "Send its bytes to the upload address first, or create a new upload."
        raise MediaNotReady("The file has not been uploaded.", hint=hint, path=("input", "mediaId"))
    return file


def _check_declared(mime: str, size: int, largest: Mapping[str, int]) -> None:
    if mime not in largest:
        raise MediaRefused(
            f"Files of the type {mime[:100]!r} are not taken.",
            hint=f"Use one of: {', '.join(sorted(largest))}.",
            path=("input", "mime"),
        )
    if size < 1:
        raise InvalidInput("A file has at least one byte.", hint="Say its size in bytes.", path=("input", "size"))
    if size > largest[mime]:
        hint = "Make the file smaller."
        raise MediaRefused(f"The file is larger than {largest[mime]} bytes.", hint=hint, path=("input", "size"))
