"""Reads of posts: each function gives rows of the session's tenant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, column, exists, func, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.posts.model import Post, PostMedia
from app.domain.posts.states import PostState
from app.kernel.errors import NotFound
from app.services.db import tenant_of

# Posts are filtered by what their jobs target; the table is named here so that the noun stays independent.
JOBS = table("jobs", column("tenant_id"), column("post_id"), column("platform"), column("connection_id"))


@dataclass(frozen=True, slots=True)
class PostFilter:
    """Which posts; a condition that is not stated does not narrow."""

    states: tuple[PostState, ...] | None = None
    platforms: tuple[str, ...] | None = None
    connections: tuple[UUID, ...] | None = None
    labels: tuple[str, ...] | None = None
    """Posts that carry every one of these."""
    due_from: datetime | None = None
    due_until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The conditions as SQL."""
        found: list[ColumnElement[bool]] = []
        if self.states is not None:
            found.append(Post.state.in_(self.states))
        if self.labels is not None:
            found.append(Post.labels.contains(list(self.labels)))
        if self.due_from is not None:
            found.append(Post.due_at >= self.due_from)
        if self.due_until is not None:
            found.append(Post.due_at < self.due_until)
        target = (JOBS.c.tenant_id == Post.tenant_id, JOBS.c.post_id == Post.id)
        if self.platforms is not None:
            found.append(exists().where(*target, JOBS.c.platform.in_(self.platforms)))
        if self.connections is not None:
            found.append(exists().where(*target, JOBS.c.connection_id.in_(self.connections)))
        return found


def posts(session: AsyncSession, wanted: PostFilter) -> Select[Post]:
    """The statement that lists posts, without an order."""
    return select(Post).where(Post.tenant_id == tenant_of(session), *wanted.conditions())


async def count(session: AsyncSession, wanted: PostFilter) -> int:
    """How many posts there are."""
    query = select(func.count()).select_from(posts(session, wanted).subquery())
    return int(await session.scalar(query) or 0)


async def post(session: AsyncSession, post_id: UUID, *, lock: bool = False) -> Post:
    """One post.

    Raises:
        NotFound: no such post in this tenant.
    """
    query = select(Post).where(Post.tenant_id == tenant_of(session), Post.id == post_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = await session.scalar(query)
    if row is None:
        raise NotFound("post")
    return row


async def by_ids(session: AsyncSession, keys: Sequence[UUID]) -> Sequence[Post]:
    """Posts by id, in no order."""
    return (await session.scalars(select(Post).where(Post.tenant_id == tenant_of(session), Post.id.in_(keys)))).all()


GOING_OUT = (PostState.SCHEDULED, PostState.PUBLISHING, PostState.NEEDS_ATTENTION)
"""A post in one of these may still need its files."""


async def going_out_with(session: AsyncSession, media_id: UUID) -> Post | None:
    """The first post that shows a file and may still go out with it; None where there is none."""
    shown = (PostMedia.tenant_id == Post.tenant_id, PostMedia.post_id == Post.id, PostMedia.media_id == media_id)
    query = select(Post).join(PostMedia, and_(*shown))
    query = query.where(Post.tenant_id == tenant_of(session), Post.state.in_(GOING_OUT))
    found: Post | None = await session.scalar(query.order_by(Post.due_at, Post.id).limit(1))
    return found


async def is_shown(session: AsyncSession, media_id: UUID) -> bool:
    """Whether any post shows a file, whatever became of the post."""
    mine = (PostMedia.tenant_id == tenant_of(session), PostMedia.media_id == media_id)
    return bool(await session.scalar(select(exists().where(*mine))))
