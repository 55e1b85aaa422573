"""A file's bytes are here and were looked at: it can be used.

Promise: after the commit posts can show it, and its bytes never change again: `object_key` names a place that no
upload address leads to. A file that is not awaited any more is left alone. Emits `media.ready`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.media.transition import transition
from app.domain.media.model import MediaFile, MediaState
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


async def ready(session: AsyncSession, media_id: UUID, object_key: str, looked: Looked) -> MediaFile | None:
    """Make it usable; None where it is not awaited (any more)."""
    values: dict[str, Any] = {
        "object_key": object_key,
        "mime": looked.mime,
        "kind": looked.kind.value,
        "size": looked.size,
        "sha256": looked.sha256,
        "width": looked.width,
        "height": looked.height,
        "fit_at": func.clock_timestamp() if looked.kind is MediaKind.IMAGE else None,
    }
    changes = {"kind": looked.kind.value, "mime": looked.mime}
    return await transition(session, media_id, MediaState.READY, values=values, changes=changes)
