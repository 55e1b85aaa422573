"""The one way a file leaves `awaiting_upload`: guarded, once, with its event."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.media.model import MediaFile, MediaState
from app.services import events
from app.services.db import tenant_of


async def transition(
    session: AsyncSession, media_id: UUID, state: MediaState, *, values: dict[str, Any], changes: dict[str, Any]
) -> MediaFile | None:
    """Move a file that is awaited to its end; None where it is not. Of two ends at once, one gets the row.

    The upload address stops to work in the same statement. Emits `media.<state>`.
    """
    query = (
        update(MediaFile)
        .where(
            MediaFile.tenant_id == tenant_of(session),
            MediaFile.id == media_id,
            MediaFile.state == MediaState.AWAITING_UPLOAD,
        )
        .values({"state": state, "upload_hash": None, "upload_expires_at": None, **values})
        .returning(MediaFile)
        .execution_options(populate_existing=True)
    )
    file: MediaFile | None = await session.scalar(query)
    if file is not None:
        said = {"state": state.value, **changes}
        events.record(session, events.Event(f"media.{state.value}", "media", media_id, said))
    return file
