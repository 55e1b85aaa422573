"""Reads of media: each function gives rows of the session's tenant."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.media.model import MediaDerivative, MediaFile, MediaState
from app.kernel.errors import NotFound
from app.services.db import tenant_of


async def media(session: AsyncSession, media_id: UUID, *, lock: bool = False) -> MediaFile:
    """One file.

    Raises:
        NotFound: no such file in this tenant.
    """
    query = select(MediaFile).where(MediaFile.tenant_id == tenant_of(session), MediaFile.id == media_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = await session.scalar(query)
    if row is None:
        raise NotFound("media file")
    return row


async def by_ids(session: AsyncSession, keys: Sequence[UUID], *, hold: bool = False) -> Sequence[MediaFile]:
    """Files by id, in no order. With `hold` they cannot be deleted before this transaction ends."""
    query = select(MediaFile).where(MediaFile.tenant_id == tenant_of(session), MediaFile.id.in_(keys))
    if hold:
        query = query.order_by(MediaFile.id).with_for_update(read=True, key_share=True)
    return (await session.scalars(query)).all()


async def copies_of(session: AsyncSession, keys: Sequence[UUID]) -> Sequence[MediaDerivative]:
    """The copies of files, made or not."""
    mine = (MediaDerivative.tenant_id == tenant_of(session), MediaDerivative.media_id.in_(keys))
    return (await session.scalars(select(MediaDerivative).where(*mine).order_by(MediaDerivative.id))).all()


async def twin(session: AsyncSession, sha256: str, mime: str) -> MediaFile | None:
    """A file that is ready and has the same bytes; the oldest, where there are several."""
    same = (MediaFile.sha256 == sha256, MediaFile.mime == mime, MediaFile.state == MediaState.READY)
    query = select(MediaFile).where(MediaFile.tenant_id == tenant_of(session), *same)
    found: MediaFile | None = await session.scalar(query.order_by(MediaFile.created_at, MediaFile.id).limit(1))
    return found


async def is_kept(session: AsyncSession, object_key: str) -> bool:
    """Whether any file refers to these bytes."""
    mine = (MediaFile.tenant_id == tenant_of(session), MediaFile.object_key == object_key)
    return bool(await session.scalar(select(exists().where(*mine))))


async def derivative(session: AsyncSession, media_id: UUID, rules: str) -> MediaDerivative | None:
    """The copy of a file that fits some rules, if it was made already."""
    mine = (
        MediaDerivative.tenant_id == tenant_of(session),
        MediaDerivative.media_id == media_id,
        MediaDerivative.rules == rules,
    )
    found: MediaDerivative | None = await session.scalar(select(MediaDerivative).where(*mine))
    return found
