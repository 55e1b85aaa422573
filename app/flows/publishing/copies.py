"""Copies of images that fit a platform: made once for a set of rules, kept, and shown with their state.

Making one is a matter of seconds, so it is done ahead of time (`fit_ahead`), outside of any transaction. A copy that
cannot be made from the file is remembered as that; one whose making was interrupted is made again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.dialects.postgresql import insert

from app.actions.media.discard import UNCLAIMED, claim, discard
from app.actions.media.due import fitted
from app.domain.media.fitting import fingerprint, fits
from app.domain.media.model import CopyState, MediaDerivative, MediaFile, MediaState
from app.domain.media.queries import by_ids, copies_of, derivative
from app.flows.runtime import Runtime
from app.kernel import ids
from app.services.files.image_fitting import Fitted, fit
from app.services.files.images import ImageRefused
from app.services.storage import Missing, StorageError
from connectors.faults import HINTS, Effect, Fault, FaultKind, PlatformFault
from connectors.image_rules import ImageRules

log = structlog.get_logger(__name__)

MAX_TRIES = 10
"""Interrupted tries ahead of time; after that the post's own worker makes the copy, or says why not."""


class CopyNeed(StrEnum):
    """What is known of the copy of a file that one platform needs."""

    NOT_NEEDED = "not_needed"
    """The file goes out as it is."""
    WAITING = "waiting"
    """It will be made in a moment."""
    READY = "ready"
    """It was made and is kept."""
    RETRYING = "retrying"
    """Making it was interrupted; it is tried again by itself."""
    FAILED = "failed"
    """It cannot be made from this file: the platform will not take the file."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A platform, and how far the copy for it is."""

    platform: str
    need: CopyNeed
    problem: str | None = None


async def needs(rt: Runtime, tenant: UUID, keys: Sequence[UUID]) -> Mapping[UUID, Sequence[Copy]]:
    """For each file, the copy of it that each platform needs; nothing for files that are not ready."""
    async with rt.db.read(tenant) as session:
        files = await by_ids(session, keys)
        made = {(row.media_id, row.rules): row for row in await copies_of(session, keys)}
    rules = {one.capabilities.key: one.capabilities.images for one in rt.catalog.all()}
    return {
        file.id: [
            _need(platform, file, wanted, made.get((file.id, fingerprint(wanted))) if wanted else None)
            for platform, wanted in sorted(rules.items())
        ]
        for file in files
        if file.state is MediaState.READY
    }


def _need(platform: str, file: MediaFile, rules: ImageRules | None, made: MediaDerivative | None) -> Copy:
    if rules is None or fits(file, rules):
        return Copy(platform, CopyNeed.NOT_NEEDED)
    if made is None:
        return Copy(platform, CopyNeed.WAITING)
    return Copy(platform, CopyNeed(made.state.value), made.problem)


async def fit_ahead(rt: Runtime, tenant: UUID, media_id: UUID) -> None:
    """Make the copies that any platform of this installation would need, before a post needs them.

    A copy for one format only, or for a cover, is made when a post asks for it.
    """
    async with rt.db.read(tenant) as session:
        found = await by_ids(session, [media_id])
    interrupted = False
    wanted = {one.capabilities.images for one in rt.catalog.all()} - {None}
    for file in found:
        for rules in wanted:
            if rules is None or fits(file, rules):
                continue
            try:
                await copy_of(rt, tenant, file, rules)
            except PlatformFault as error:
                # A file that one platform can never take is no reason to keep the others waiting.
                interrupted |= error.fault.kind is not FaultKind.INVALID_MEDIA
    async with rt.db.transaction(tenant) as session:
        tries = max((row.tries for row in await copies_of(session, [media_id])), default=0)
        if not interrupted or tries >= MAX_TRIES:
            await fitted(session, media_id)


async def copy_of(rt: Runtime, tenant: UUID, file: MediaFile, rules: ImageRules) -> MediaDerivative:
    """The copy of an image that fits some rules: the one that is kept, or a new one.

    Raises:
        PlatformFault: INVALID_MEDIA where none can be made, UNREACHABLE where the media store did not answer.
    """
    async with rt.db.read(tenant) as session:
        known = await derivative(session, file.id, fingerprint(rules))
    if known is not None and known.state is CopyState.READY:
        return known
    if known is not None and known.state is CopyState.FAILED:
        raise PlatformFault(unusable(known.problem or f"The image {file.filename} cannot be made to fit."))
    try:
        original = b"".join([chunk async for chunk in rt.store.get(file.object_key)])
        image = await fit(original, rules)
        key = f"{tenant}/derivatives/{file.id}/{fingerprint(rules)}"
        return await _keep(rt, tenant, file, rules, key, image)
    except ImageRefused as refusal:
        problem = f"The image {file.filename} cannot be made to fit: {refusal}"
        await _note(rt, tenant, file, rules, CopyState.FAILED, problem)
        raise PlatformFault(unusable(problem)) from refusal
    except Missing as error:
        raise PlatformFault(unusable(f"The bytes of {file.filename} are not in the media store.")) from error
    except StorageError as error:
        log.warning("media.copy_interrupted", media_id=str(file.id), reason=str(error))
        await _note(rt, tenant, file, rules, CopyState.RETRYING, "The media store did not answer.")
        raise PlatformFault(_away()) from error


async def _keep(
    rt: Runtime, tenant: UUID, file: MediaFile, rules: ImageRules, key: str, image: Fitted
) -> MediaDerivative:
    async with rt.db.transaction(tenant) as session:
        await discard(session, [key], UNCLAIMED)
    await rt.store.put(key, _once(image.data), size_limit=rules.max_bytes, mime=image.mime)
    values: dict[str, Any] = {
        "state": CopyState.READY,
        "problem": None,
        "object_key": key,
        "mime": image.mime,
        "size": len(image.data),
        "width": image.width,
        "height": image.height,
    }
    async with rt.db.transaction(tenant) as session:
        if not await by_ids(session, [file.id], hold=True):
            await discard(session, [key])
            return MediaDerivative(media_id=file.id, **values)  # deleted meanwhile: the caller finds out by itself
        # A twin may have made the same copy; the bytes are equal, either row will do.
        where = {"id": ids.new(), "tenant_id": tenant, "media_id": file.id, "rules": fingerprint(rules)}
        place = [MediaDerivative.tenant_id, MediaDerivative.media_id, MediaDerivative.rules]
        row = insert(MediaDerivative).values({**where, **values})
        await session.execute(row.on_conflict_do_update(index_elements=place, set_=values))
        await claim(session, key)
    return MediaDerivative(**where, **values)


async def _note(rt: Runtime, tenant: UUID, file: MediaFile, rules: ImageRules, state: CopyState, problem: str) -> None:
    """Write down why there is no copy; a copy that a twin has made meanwhile stays."""
    async with rt.db.transaction(tenant) as session:
        if not await by_ids(session, [file.id], hold=True):
            return
        where = {"id": ids.new(), "tenant_id": tenant, "media_id": file.id, "rules": fingerprint(rules)}
        row = insert(MediaDerivative).values({**where, "state": state, "problem": problem, "tries": 1})
        again = {"state": state, "problem": problem, "tries": MediaDerivative.tries + 1}
        place = [MediaDerivative.tenant_id, MediaDerivative.media_id, MediaDerivative.rules]
        ours = MediaDerivative.state != CopyState.READY
        await session.execute(row.on_conflict_do_update(index_elements=place, set_=again, where=ours))


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


def unusable(message: str) -> Fault:
    """A fault of the file."""
    return Fault(FaultKind.INVALID_MEDIA, message, HINTS[FaultKind.INVALID_MEDIA])


def _away() -> Fault:
    message, hint = "The media store did not answer.", "It is tried again by itself; tell the operator if it stays so."
    return Fault(FaultKind.UNREACHABLE, message, hint, Effect.NONE)
