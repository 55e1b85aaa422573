"""Media: files that posts show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import strawberry

from app.domain.media.model import MediaFile, MediaState
from app.flows.publishing.copies import Copy, CopyNeed
from connectors.capabilities import MediaKind
from schema.node import Node, encode
from schema.platforms import Platform
from schema.scalars import URL
from schema.traversal import many, one


@strawberry.type(description="Why something went wrong with a file.")
class MediaFault:
    """A fault of a file."""

    message: str = strawberry.field(description="What went wrong.")
    hint: str = strawberry.field(description="What to do next.")


@strawberry.type(description="The copy of a file that one platform needs, because it does not take the file as it is.")
class MediaCopy:
    """A copy, made or not."""

    row: strawberry.Private[Copy]
    platform: Platform | None = one(
        "platforms", by="platform", into="schema.platforms:Platform", description="Whose rules it fits."
    )
    state: CopyNeed = strawberry.field(description="How far it is.")
    problem: str | None = strawberry.field(description="Why there is none; null otherwise.")

    @classmethod
    def of(cls, row: Copy) -> MediaCopy:
        """What is known of a copy."""
        return cls(row=row, state=row.need, problem=row.problem)


@strawberry.type(description="A file that posts may show.")
class Media(Node):
    """One file."""

    row: strawberry.Private[MediaFile]
    state: MediaState = strawberry.field(description="Whether it can be used.")
    filename: str = strawberry.field(description="Its name, as it was given.")
    mime: str | None = strawberry.field(description="What it is, found out from its bytes; null until it is ready.")
    kind: MediaKind | None = strawberry.field(description="What kind of file it is; null until it is ready.")
    size: int | None = strawberry.field(description="Its size in bytes; null until it is ready.")
    width: int | None = strawberry.field(description="Its width in pixels, where it has one.")
    height: int | None = strawberry.field(description="Its height in pixels, where it has one.")
    duration: float | None = strawberry.field(description="How long a video is, in seconds, where that is known.")
    frame_rate: float | None = strawberry.field(description="Frames a second of a video, where that is known.")
    video_codec: str | None = strawberry.field(description="How a video's pictures are coded, e.g. `h264`.")
    audio_codec: str | None = strawberry.field(description="How its sound is coded, e.g. `aac`; null without sound.")
    pages: int | None = strawberry.field(description="How many pages a PDF has, where they could be counted.")
    alt: str = strawberry.field(description="What it shows, in words; used where a post gives no other.")
    fault: MediaFault | None = strawberry.field(description="Why it failed; null otherwise.")
    created_at: datetime = strawberry.field(description="When it was announced.")
    copies: list[MediaCopy] = many(
        "media_copies",
        of="id",
        into="schema.media.file:MediaCopy",
        description="For each platform, how far the copy is that it needs. Empty until the file is ready.",
    )

    @classmethod
    def of(cls, row: MediaFile) -> Media:
        """A file's row."""
        return cls(
            row=row,
            id=encode("Media", row.id),
            state=row.state,
            filename=row.filename,
            mime=row.mime,
            kind=MediaKind(row.kind) if row.kind else None,
            size=row.size,
            width=row.width,
            height=row.height,
            duration=row.duration_ms / 1000 if row.duration_ms is not None else None,
            frame_rate=row.frame_rate,
            video_codec=row.video_codec,
            audio_codec=row.audio_codec,
            pages=row.pages,
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
