"""Media: files that posts show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import strawberry

from app.domain.media.model import MediaFile, MediaState
from connectors.capabilities import MediaKind
from schema.node import Node, encode
from schema.scalars import URL


@strawberry.type(description="Why something went wrong with a file.")
class MediaFault:
    """A fault of a file."""

    message: str = strawberry.field(description="What went wrong.")
    hint: str = strawberry.field(description="What to do next.")


@strawberry.type(description="A file that posts may show.")
class Media(Node):
    """One file."""

    state: MediaState = strawberry.field(description="Whether it can be used.")
    filename: str = strawberry.field(description="Its name, as it was given.")
    mime: str | None = strawberry.field(description="What it is, found out from its bytes; null until it is ready.")
    kind: MediaKind | None = strawberry.field(description="What kind of file it is; null until it is ready.")
    size: int | None = strawberry.field(description="Its size in bytes; null until it is ready.")
    width: int | None = strawberry.field(description="Its width in pixels, where it has one.")
    height: int | None = strawberry.field(description="Its height in pixels, where it has one.")
    alt: str = strawberry.field(description="What it shows, in words; used where a post gives no other.")
    fault: MediaFault | None = strawberry.field(description="Why it failed; null otherwise.")
    created_at: datetime = strawberry.field(description="When it was announced.")

    @classmethod
    def of(cls, row: MediaFile) -> Media:
        """A file's row."""
        return cls(
            id=encode("Media", row.id),
            state=row.state,
            filename=row.filename,
            mime=row.mime,
            kind=MediaKind(row.kind) if row.kind else None,
            size=row.size,
            width=row.width,
            height=row.height,
            alt=row.alt,
            fault=_fault(row.fault),
            created_at=row.created_at,
        )


def _fault(stored: Mapping[str, Any] | None) -> MediaFault | None:
    return None if stored is None else MediaFault(message=stored["message"], hint=stored.get("hint", ""))


@strawberry.type(description="One header that an upload must carry.")
class UploadHeader:
    """A header."""

    name: str = strawberry.field(description="The header's name.")
    value: str = strawberry.field(description="Its value.")


@strawberry.type(description="Where to send the bytes of a file, and how.")
class MediaUpload:
    """An upload that is awaited."""

    url: URL = strawberry.field(description="Where to send the bytes. Whoever has this address may upload: keep it.")
    method: str = strawberry.field(description="The HTTP method.")
    headers: list[UploadHeader] = strawberry.field(description="Headers to send with the bytes.")
    expires_at: datetime = strawberry.field(description="Until when the address works.")

    @classmethod
    def of(cls, url: str, method: str, headers: Mapping[str, str], expires_at: datetime) -> MediaUpload:
        """An address for bytes."""
        named = [UploadHeader(name=name, value=value) for name, value in headers.items()]
        return cls(url=URL(url), method=method, headers=named, expires_at=expires_at)
