"""The table of API keys: what is kept of a key, which is not the key."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.services.tables import Key, Table, of_tenant


class Scope(StrEnum):
    """What a key may do."""

    READ = "read"
    """Read everything of the tenant."""
    WRITE_POSTS = "write:posts"
    """Make, change and cancel posts that wait."""
    PUBLISH = "publish"
    """Let posts go out: schedule, publish now, retry, settle, delete on the platform."""
    CONNECTIONS = "connections"
    """Connect, reconnect, pause and disconnect accounts."""
    ADMIN = "admin"
    """Keys and what concerns the whole workspace."""
    OPERATOR = "operator"
    """Figures of the whole installation, not of one tenant. Given on the command line only."""


class ApiKey(Table):
    """A key that a program calls with; only the hash of its secret is kept."""

    __tablename__ = "api_keys"

    id: Mapped[Key]
    tenant_id: Mapped[UUID]
    name: Mapped[str]
    public_id: Mapped[str]
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    scopes: Mapped[list[str]]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        # Unique in the installation: a key is looked up before its tenant is known. The id is random and tells nothing.
        UniqueConstraint("public_id"),
        CheckConstraint("octet_length(secret_hash) = 32", name="secret_hash_is_sha256"),
        Index("ix_api_keys_tenant_id_created_at", "tenant_id", "created_at"),
        of_tenant(),
    )
