"""A file's bytes are here and were looked at: it can be used.

Promise: after the commit posts can show it, and its bytes never change again: `object_key` names a place that no
upload address leads to. Files of a tenant with the same bytes share one such place. A file that is not awaited any
more is left alone. Emits `media.ready`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.media.discard import claim, discard
from app.actions.media.same_bytes import hold_bytes
from app.actions.media.transition import transition
from app.domain.media.model import MediaFile, MediaState
from app.domain.media.queries import twin
from app.services.files.videos import Clip
from connectors.capabilities import MediaKind


@dataclass(frozen=True, slots=True)
class Looked:
    """What a file turned out to be, by its bytes."""

    mime: str
    kind: MediaKind
    size: int
    sha256: str
    width: int | None = None
    height: int | None = None
    clean: bool | None = None
    """Whether an image holds its pixels and nothing besides, such as the place where it was taken."""
    clip: Clip | None = None
    """What a video holds, where it could be read."""
    pages: int | None = None
    """Pages of a document, where they could be counted."""


async def ready(session: AsyncSession, media_id: UUID, object_key: str, looked: Looked) -> MediaFile | None:
    """Make it usable; None where it is not awaited (any more).

    The bytes at `object_key` are not needed where the file that comes back names another key.
    """
    await hold_bytes(session, looked.sha256)
    same = await twin(session, looked.sha256, looked.mime)
    kept = object_key if same is None else same.object_key
    clip = looked.clip or Clip()
    values: dict[str, Any] = {
        "object_key": kept,
        "mime": looked.mime,
        "kind": looked.kind.value,
        "size": looked.size,
        "sha256": looked.sha256,
        "width": looked.width,
        "height": looked.height,
        "clean": looked.clean,
        "duration_ms": clip.duration_ms,
        "frame_rate": clip.frame_rate,
        "video_codec": clip.video_codec,
        "audio_codec": clip.audio_codec,
        "pages": looked.pages,
        "fit_at": func.clock_timestamp() if looked.kind is MediaKind.IMAGE else None,
    }
    changes = {"kind": looked.kind.value, "mime": looked.mime}
    file = await transition(session, media_id, MediaState.READY, values=values, changes=changes)
    if file is not None:
        await claim(session, kept)
        if kept != object_key:
            await discard(session, [object_key])
    return file
