"""What a live feed of posts reads: those that are not final, and those of a set that match."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.posts.model import Post
from app.domain.posts.queries import PostFilter, posts
from app.domain.posts.states import PostState

OPEN = (PostState.SCHEDULED, PostState.PUBLISHING, PostState.NEEDS_ATTENTION)
"""States that a post leaves without anybody scheduling it anew."""


async def not_final(session: AsyncSession, wanted: PostFilter, limit: int) -> Sequence[Post]:
    """Posts that match and have not ended, in the order of their planned times."""
    query = posts(session, wanted).where(Post.state.in_(OPEN)).order_by(Post.due_at, Post.id).limit(limit)
    return (await session.scalars(query)).all()


async def matching(session: AsyncSession, wanted: PostFilter, keys: Sequence[UUID]) -> Sequence[Post]:
    """Those of these posts that match."""
    return (await session.scalars(posts(session, wanted).where(Post.id.in_(keys)))).all()
