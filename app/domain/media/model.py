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
    object_key: Mapped[str]
    mime: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    width: Mapped[int]
    height: Mapped[int]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "media_id", "rules"),
        of_tenant(),
        refers("media_id", "media"),
    )
