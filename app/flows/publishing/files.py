"""The files of a part as a platform takes them: originals where they fit, copies made to fit where they do not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.domain.media.fitting import fingerprint, fits
from app.domain.media.model import MediaFile
from app.domain.media.queries import by_ids
from app.domain.posts.content import option_media, part_media_ids
from app.flows.media.transfer import read_link
from app.flows.publishing.copies import copy_of, unusable
from app.flows.runtime import Runtime
from connectors.faults import PlatformFault
from connectors.image_rules import ImageRules


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


async def prepared_files(
    rt: Runtime,
    tenant: UUID,
    part: Mapping[str, Any],
    rules: ImageRules | None,
    options: Mapping[str, Any] | None = None,
    own: Mapping[str, ImageRules] | None = None,
) -> Files:
    """The files of one stored part, and those that `options` name, each fitting `rules`, or its option's `own`.

    Raises:
        PlatformFault: INVALID_MEDIA where a file is gone or cannot be made to fit, UNREACHABLE where the media store
            did not answer.
    """
    named = option_media(options or {})
    wanted = [*part_media_ids(part), *named.values()]
    if not wanted:
        return Files(rt, {})
    async with rt.db.read(tenant) as session:
        rows = {row.id: row for row in await by_ids(session, wanted)}
    for media_id in wanted:
        if media_id not in rows:
            raise PlatformFault(unusable(f"The media file {media_id} was deleted."))
    needed = dict.fromkeys(rows, rules) | {key: (own or {}).get(name, rules) for name, key in named.items()}
    fitting, copied = dict(rows), dict[UUID, str]()
    for key, wish in needed.items():
        if wish is None or fits(rows[key], wish):
            continue
        fitting[key] = await _fitting(rt, tenant, rows[key], wish)
        copied[key] = fingerprint(wish)
    return Files(rt, fitting, copied)


async def _fitting(rt: Runtime, tenant: UUID, file: MediaFile, rules: ImageRules) -> MediaFile:
    copy = await copy_of(rt, tenant, file, rules)
    return MediaFile(
        id=file.id,
        tenant_id=file.tenant_id,
        state=file.state,
        filename=file.filename,
        object_key=copy.object_key,
        kind=file.kind,
        alt=file.alt,
        mime=copy.mime,
        size=copy.size,
        width=copy.width,
        height=copy.height,
    )
