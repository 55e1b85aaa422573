"""The tables of posts: what the user wrote, when it is meant to go out, and which files it shows."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.posts.states import LatePolicy, PostState
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
        one_of("state", PostState),
        one_of("late_policy", LatePolicy),
        CheckConstraint("(local_time IS NULL) = (zone IS NULL)", name="local_time_has_zone"),
        CheckConstraint("octet_length(content::text) <= 200000", name="content_is_bounded"),
        Index("ix_posts_tenant_id_due_at_id", "tenant_id", "due_at", "id"),
        Index("ix_posts_tenant_id_created_at_id", "tenant_id", "created_at", "id"),
        Index("ix_posts_tenant_id_state_due_at_id", "tenant_id", "state", "due_at", "id"),
        Index("ix_posts_labels", "labels", postgresql_using="gin"),
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
