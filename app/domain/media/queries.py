"""Reads of media: each function gives rows of the session's tenant."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.media.model import MediaDerivative, MediaFile
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


async def by_ids(session: AsyncSession, keys: Sequence[UUID]) -> Sequence[MediaFile]:
    """Files by id, in no order."""
    mine = (MediaFile.tenant_id == tenant_of(session), MediaFile.id.in_(keys))
    return (await session.scalars(select(MediaFile).where(*mine))).all()


async def derivative(session: AsyncSession, media_id: UUID, rules: str) -> MediaDerivative | None:
    """The copy of a file that fits some rules, if it was made already."""
    mine = (
        MediaDerivative.tenant_id == tenant_of(session),
        MediaDerivative.media_id == media_id,
        MediaDerivative.rules == rules,
    )
    found: MediaDerivative | None = await session.scalar(select(MediaDerivative).where(*mine))
    return found
