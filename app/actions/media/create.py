"""Announce a file.

Promise: after the commit there is a row that awaits its bytes. Nothing is said to subscribers before the file is
ready or has failed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.media.model import MediaFile, MediaState
from app.kernel.errors import InvalidInput
from app.services.db import tenant_of

MAX_ALT: Final = 10_000
"""Characters of an alternative text; each platform's own limit is checked when a post uses the file."""
MAX_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class CreateMedia:
    """What is said of a file before its bytes are here."""

    id: UUID
    filename: str
    object_key: str
    alt: str = ""
    declared_mime: str | None = None
    declared_size: int | None = None
    upload_hash: bytes | None = None
    upload_expires_at: datetime | None = None


async def create(session: AsyncSession, command: CreateMedia) -> MediaFile:
    """Write the row.

    Raises:
        InvalidInput: the alternative text is too long; nothing was made.
    """
    if len(command.alt) > MAX_ALT:
        raise InvalidInput(
            f"The alternative text has more than {MAX_ALT} characters.", hint="Shorten it.", path=("input", "alt")
        )
    file = MediaFile(
        id=command.id,
        tenant_id=tenant_of(session),
        state=MediaState.AWAITING_UPLOAD,
        filename=plain_name(command.filename),
        object_key=command.object_key,
        declared_size=command.declared_size,
        declared_mime=command.declared_mime,
        upload_hash=command.upload_hash,
        upload_expires_at=command.upload_expires_at,
        alt=command.alt,
    )
    session.add(file)
    await session.flush()
    await session.refresh(file)  # the database says when it was announced
    return file


def plain_name(name: str) -> str:
    """The last part of a path, without what a file system or a header would stumble over; never empty."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable()).strip(" .")[:MAX_NAME] or "file"
