"""The table of sessions: one row a sign-in, which holds the hashes of what its holder presents.

A program holds an access token for a quarter of an hour and a refresh token to get the next one; a browser holds a
cookie. A browser's session may also speak for an API key, so that the page need not keep the key. The row is the
whole family of its tokens: when it ends, all of them open nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.services.tables import Key, Table, of_tenant, refers

ACCESS_LIFE: Final = timedelta(minutes=15)
"""How long an access token works."""
LIFE: Final = timedelta(days=30)
"""How long a session lasts at most; then its person signs in again."""
COOKIE_LIFE: Final = timedelta(days=14)
"""How long a browser's session lasts."""
GRACE: Final = timedelta(seconds=10)
"""How long after a refresh token was used it may be presented again: the answer may have been lost on its way."""
COARSE: Final = timedelta(minutes=5)
"""`last_used_at` is written at most this often."""


class Session(Table):
    """A sign-in that lasts."""

    __tablename__ = "sessions"

    id: Mapped[Key]
    tenant_id: Mapped[UUID]
    person_id: Mapped[UUID | None]
    key_id: Mapped[UUID | None]
    """The API key that a browser's session speaks for, in place of a person."""
    access_id: Mapped[str]
    access_hash: Mapped[bytes] = mapped_column(LargeBinary)
    """Of the access token, or of the cookie."""
    access_expires_at: Mapped[datetime]
    refresh_id: Mapped[str | None]
    """Another name than the access token's: who knows it has had a refresh token of this session."""
    refresh_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    """None: a cookie, which is not refreshed."""
    previous_refresh_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    refreshed_at: Mapped[datetime | None]
    agent: Mapped[str]
    """Browser and system in two words, for the person's own list."""
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        # Unique in the installation: a session is looked up before its tenant is known. The names are random.
        UniqueConstraint("access_id"),
        UniqueConstraint("refresh_id"),
        CheckConstraint("num_nonnulls(person_id, key_id) = 1", name="of_one_caller"),
        CheckConstraint("octet_length(access_hash) = 32", name="access_hash_is_sha256"),
        CheckConstraint("(refresh_id IS NULL) = (refresh_hash IS NULL)", name="refresh_is_whole"),
        of_tenant(),
        # Who leaves a workspace leaves no session behind, and neither does a key.
        ForeignKeyConstraint(
            ["tenant_id", "person_id"], ["memberships.tenant_id", "memberships.person_id"], ondelete="CASCADE"
        ),
        refers("key_id", "api_keys"),
        Index("ix_sessions_tenant_id_person_id", "tenant_id", "person_id"),
        Index("ix_sessions_person_id", "person_id"),
        Index("ix_sessions_expires_at", "expires_at"),
    )
