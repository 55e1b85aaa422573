"""A file cannot be used: its bytes are not what was declared, or could not be fetched.

Promise: after the commit the file says why, with what to do; it never becomes usable. A file that is not awaited any
more is left alone. Emits `media.failed`.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.media.transition import transition
from app.domain.media.model import MediaFile, MediaState


async def fail(session: AsyncSession, media_id: UUID, *, kind: str, message: str, hint: str) -> MediaFile | None:
    """Write down why; None where it is not awaited (any more). `kind` is for programs, e.g. `wrong_type`."""
    fault = {"kind": kind, "message": message, "hint": hint}
    return await transition(session, media_id, MediaState.FAILED, values={"fault": fault}, changes={"fault": kind})
