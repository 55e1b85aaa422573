"""The files of a part as a platform takes them: originals where they fit, copies made to fit where they do not.

A copy is made once for a set of rules and kept; making it is a matter of seconds, so it is done ahead of time by the
worker that prepares the post, outside of any transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from app.actions.media.due import fitted
from app.domain.media.model import MediaDerivative, MediaFile
from app.domain.media.queries import by_ids, derivative
from app.flows.media.transfer import read_link
from app.flows.runtime import Runtime
from app.kernel import ids
from app.services.images import ImageRefused, fit
from connectors.capabilities import ImageRules, MediaKind
from connectors.faults import HINTS, Fault, FaultKind, PlatformFault


@dataclass(frozen=True, slots=True)
class Files:
    """A part's files as they go out, each with two ways to its bytes: read them, or let the platform fetch them."""

    rt: Runtime
    rows: Mapping[UUID, MediaFile]
    copies: Mapping[UUID, str] = field(default_factory=dict)
    """Which copy a row describes (the fingerprint of its rules), where it is not the original."""

    def opener(self, file: MediaFile) -> Callable[[], AsyncIterator[bytes]]:
        """How to read a file's bytes."""
        return lambda: self.rt.store.get(file.object_key)

    def linker(self, file: MediaFile) -> Callable[[], Awaitable[str]]:
        """How to get an address that gives the same bytes without a key, for some minutes."""

        async def link() -> str:
            return (await read_link(self.rt, file, self.copies.get(file.id))).url

        return link


async def prepared_files(rt: Runtime, tenant: UUID, part: Mapping[str, Any], rules: ImageRules | None) -> Files:
    """The files of one stored part, each fitting `rules`.

    Raises:
        PlatformFault: INVALID_MEDIA where a file is gone or cannot be made to fit.
    """
    wanted = [UUID(item["id"]) for item in part["media"]]
    if not wanted:
        return Files(rt, {})
    async with rt.db.read(tenant) as session:
        rows = {row.id: row for row in await by_ids(session, wanted)}
    for media_id in wanted:
        if media_id not in rows:
            raise PlatformFault(_unusable(f"The media file {media_id} was deleted."))
    if rules is None:
        return Files(rt, rows)
    fitting = {key: await _fitting(rt, tenant, row, rules) for key, row in rows.items()}
    copied = {key: fingerprint(rules) for key, row in fitting.items() if row is not rows[key]}
    return Files(rt, fitting, copied)


def fingerprint(rules: ImageRules) -> str:
    """A short name for what a copy fits: copies for the same rules are the same copy."""
    return hashlib.sha256(repr(rules).encode()).hexdigest()[:16]


def fits(file: MediaFile, rules: ImageRules) -> bool:
    """Whether a platform with these rules takes the file as it is."""
    return file.kind != MediaKind.IMAGE or (
        (file.mime in rules.types and (file.size or 0) <= rules.max_bytes)
        and max(file.width or 0, file.height or 0) <= rules.max_side
    )


async def fit_ahead(rt: Runtime, tenant: UUID, media_id: UUID) -> None:
    """Make the copies that any platform of this installation would need, before a post needs them."""
    async with rt.db.read(tenant) as session:
        found = await by_ids(session, [media_id])
    for file in found:
        for connector in rt.catalog.all():
            rules = connector.capabilities.images
            if rules is not None:
                # A file that one platform can never take is no reason to keep the others waiting: the post's own
                # check and its worker say so to the user.
                with suppress(PlatformFault):
                    await _fitting(rt, tenant, file, rules)
    async with rt.db.transaction(tenant) as session:
        await fitted(session, media_id)


async def _fitting(rt: Runtime, tenant: UUID, file: MediaFile, rules: ImageRules) -> MediaFile:
    if fits(file, rules):
        return file
    async with rt.db.read(tenant) as session:
        known = await derivative(session, file.id, fingerprint(rules))
    if known is None:
        known = await _make(rt, tenant, file, rules)
    return MediaFile(
        id=file.id,
        tenant_id=file.tenant_id,
        state=file.state,
        filename=file.filename,
        object_key=known.object_key,
        kind=file.kind,
        alt=file.alt,
        mime=known.mime,
        size=known.size,
        width=known.width,
        height=known.height,
    )


async def _make(rt: Runtime, tenant: UUID, file: MediaFile, rules: ImageRules) -> MediaDerivative:
    original = b"".join([chunk async for chunk in rt.store.get(file.object_key)])
    try:
        image = await fit(original, rules)
    except ImageRefused as refusal:
        raise PlatformFault(_unusable(f"The image {file.filename} cannot be made to fit: {refusal}")) from refusal
    key = f"{tenant}/derivatives/{file.id}/{fingerprint(rules)}"
    await rt.store.put(key, _once(image.data), size_limit=rules.max_bytes, mime=image.mime)
    values = {
        "id": ids.new(),
        "tenant_id": tenant,
        "media_id": file.id,
        "rules": fingerprint(rules),
        "object_key": key,
        "mime": image.mime,
        "size": len(image.data),
        "width": image.width,
        "height": image.height,
    }
    async with rt.db.transaction(tenant) as session:
        # A twin may have made the same copy; the bytes are equal, either row will do.
        await session.execute(insert(MediaDerivative).values(values).on_conflict_do_nothing())
    return MediaDerivative(**values)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


def _unusable(message: str) -> Fault:
    return Fault(FaultKind.INVALID_MEDIA, message, HINTS[FaultKind.INVALID_MEDIA])
