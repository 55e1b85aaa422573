"""The tables of posts: what the user wrote, when it is meant to go out, what it is found by, which files it shows."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.posts.states import PostState
from app.kernel.late_policy import LatePolicy
from app.services.tables import Key, Table, Word, of_tenant, one_of, refers


class Post(Table):
    """One post for one or more connections."""

    __tablename__ = "posts"

    id: Mapped[Key]
    tenant_id: Mapped[UUID]
    content: Mapped[dict[str, Any]]
    """The shared content, before a target's overrides."""
    labels: Mapped[list[str]] = mapped_column(server_default=text("'{}'::varchar[]"))
    state: Mapped[PostState] = mapped_column(Word(PostState))
    due_at: Mapped[datetime]
    """The instant that follows from the planned time."""
    local_time: Mapped[str | None]
    """What the user chose, e.g. 2026-03-29T09:00, when it was a local time."""
    zone: Mapped[str | None]
    """The IANA zone of `local_time`, by whose rules `due_at` was found when it was planned."""
    time_notice: Mapped[str | None]
    """`missing` or `ambiguous` where the local time did not exist or existed twice."""
    publish_by: Mapped[datetime]
    late_policy: Mapped[LatePolicy] = mapped_column(Word(LatePolicy))
    revision: Mapped[int] = mapped_column(server_default=text("1"))
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    updated_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "id", "due_at", "created_at"),
        one_of("state", PostState),
        one_of("late_policy", LatePolicy),
        CheckConstraint("(local_time IS NULL) = (zone IS NULL)", name="local_time_has_zone"),
        CheckConstraint("octet_length(content::text) <= 200000", name="content_is_bounded"),
        Index("ix_posts_tenant_id_due_at_id", "tenant_id", "due_at", "id"),
        Index("ix_posts_tenant_id_created_at_id", "tenant_id", "created_at", "id"),
        Index("ix_posts_tenant_id_state_due_at_id", "tenant_id", "state", "due_at", "id"),
        Index("ix_posts_tenant_id_state_created_at_id", "tenant_id", "state", "created_at", "id"),
        of_tenant(),
    )


class PostMedia(Table):
    """A post shows a file: now, or in a job of it that has ended."""

    __tablename__ = "post_media"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    media_id: Mapped[UUID] = mapped_column(primary_key=True)
    post_id: Mapped[UUID] = mapped_column(primary_key=True)

    __table_args__ = (
        Index("ix_post_media_tenant_id_post_id", "tenant_id", "post_id"),
        of_tenant(),
        refers("media_id", "media"),
        refers("post_id", "posts"),
    )


class TermKind(StrEnum):
    """What a term of a post is."""

    LABEL = "label"
    PLATFORM = "platform"
    CONNECTION = "connection"


class PostTerm(Table):
    """A label, a platform or a connection that a post is found by, beside what posts are sorted by.

    Under row-level security PostgreSQL uses an index only for operators that are marked leakproof; those of arrays
    are not. And only an index that holds both the term and the time gives a page without reading all that match.
    The times follow the post's by the foreign key. The truth stays with the post and its jobs.
    """

    __tablename__ = "post_terms"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    post_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[TermKind] = mapped_column(Word(TermKind), primary_key=True)
    term: Mapped[str] = mapped_column(primary_key=True)
    """The label, the platform's key, or the connection's id."""
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]

    __table_args__ = (
        one_of("kind", TermKind),
        Index("ix_post_terms_by_due_at", "tenant_id", "kind", "term", "due_at", "post_id"),
        Index("ix_post_terms_by_created_at", "tenant_id", "kind", "term", "created_at", "post_id"),
        of_tenant(),
        ForeignKeyConstraint(
            ["tenant_id", "post_id", "due_at", "created_at"],
            ["posts.tenant_id", "posts.id", "posts.due_at", "posts.created_at"],
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
    )
