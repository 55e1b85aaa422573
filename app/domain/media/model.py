"""The tables of media: what is known of a file; its bytes live in the object store."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.services.tables import Key, Table, Word, of_tenant, one_of, refers


class MediaState(StrEnum):
    """Whether a file can be used."""

    AWAITING_UPLOAD = "awaiting_upload"
    """The upload address was given out."""
    READY = "ready"
    """The bytes are stored and were looked at."""
    FAILED = "failed"
    """The bytes are not what was declared, or could not be fetched."""


class CopyState(StrEnum):
    """What became of a copy that a platform needs."""

    READY = "ready"
    """It was made and is kept."""
    RETRYING = "retrying"
    """Making it was interrupted, e.g. by a store that did not answer; it is tried again by itself."""
    FAILED = "failed"
    """It cannot be made from this file: the platform will not take the file."""


class MediaFile(Table):
    """One file that posts may show."""

    __tablename__ = "media"

    id: Mapped[Key]
    tenant_id: Mapped[UUID]
    state: Mapped[MediaState] = mapped_column(Word(MediaState))
    filename: Mapped[str]
    object_key: Mapped[str]
    declared_size: Mapped[int | None] = mapped_column(BigInteger)
    declared_mime: Mapped[str | None]
    upload_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    """SHA-256 of the upload token."""
    upload_expires_at: Mapped[datetime | None]
    mime: Mapped[str | None]
    kind: Mapped[str | None]
    size: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    clean: Mapped[bool | None]
    """Whether an image holds its pixels and nothing besides; null where nobody has looked."""
    duration_ms: Mapped[int | None] = mapped_column(BigInteger)
    frame_rate: Mapped[float | None]
    """Frames a second."""
    video_codec: Mapped[str | None]
    audio_codec: Mapped[str | None]
    pages: Mapped[int | None]
    alt: Mapped[str] = mapped_column(server_default=text("''"))
    fault: Mapped[dict[str, Any] | None]
    fit_at: Mapped[datetime | None]
    """When copies that fit the platforms have to be made; null when that is done, or not needed."""
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        one_of("state", MediaState),
        CheckConstraint(
            "state <> 'ready' OR (mime IS NOT NULL AND size IS NOT NULL AND sha256 IS NOT NULL AND kind IS NOT NULL)",
            name="ready_is_known",
        ),
        Index("ix_media_tenant_id_created_at_id", "tenant_id", "created_at", "id"),
        Index("ix_media_tenant_id_sha256", "tenant_id", "sha256", postgresql_where=text("sha256 IS NOT NULL")),
        Index("ix_media_tenant_id_object_key", "tenant_id", "object_key"),
        Index("ix_media_fit_at", "fit_at", postgresql_where=text("fit_at IS NOT NULL")),
        of_tenant(),
    )


class MediaDerivative(Table):
    """A file made to fit a platform's rules, kept so that it is made once."""

    __tablename__ = "media_derivatives"

    id: Mapped[Key]
    tenant_id: Mapped[UUID]
    media_id: Mapped[UUID]
    rules: Mapped[str]
    """Which rules it fits: a fingerprint of them."""
    state: Mapped[CopyState] = mapped_column(Word(CopyState), server_default=text("'ready'"))
    problem: Mapped[str | None]
    """Why it is not ready."""
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    """How often making it was interrupted."""
    object_key: Mapped[str | None]
    mime: Mapped[str | None]
    size: Mapped[int | None] = mapped_column(BigInteger)
    width: Mapped[int | None]
    height: Mapped[int | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "media_id", "rules"),
        one_of("state", CopyState),
        CheckConstraint(
            "state <> 'ready' OR (object_key IS NOT NULL AND mime IS NOT NULL AND size IS NOT NULL "
            "AND width IS NOT NULL AND height IS NOT NULL)",
            name="ready_is_there",
        ),
        of_tenant(),
        refers("media_id", "media"),
    )


class MediaDiscard(Table):
    """Bytes in the store that are to be removed: nothing refers to them, or nothing did when they were written.

    It is written before the bytes, and taken back by the transaction that refers to them. So a process that dies in
    between leaves nothing for ever.
    """

    __tablename__ = "media_discards"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    object_key: Mapped[str] = mapped_column(primary_key=True)
    after: Mapped[datetime]
    """When they are removed."""

    __table_args__ = (Index("ix_media_discards_after", "after"), of_tenant())
