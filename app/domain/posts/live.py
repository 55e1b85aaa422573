"""What a live feed of posts reads: those that are not final, and those of a set that match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.posts.model import Post
from app.domain.posts.pages import SORTS, PostOrder
from app.domain.posts.queries import PostFilter, every, posts, ways
from app.domain.posts.states import PostState
from app.services.ways import first_of_any

OPEN = (PostState.SCHEDULED, PostState.PUBLISHING, PostState.NEEDS_ATTENTION)
"""States that a post leaves without anybody scheduling it anew."""


async def not_final(session: AsyncSession, wanted: PostFilter, limit: int) -> Sequence[Post]:
    """Posts that match and have not ended, in the order of their planned times."""
    states = tuple(state for state in OPEN if wanted.states is None or state in wanted.states)
    found = [one.way for one in ways(session, replace(wanted, states=states))]
    return (await session.scalars(first_of_any(every(session), found, SORTS[PostOrder.DUE_FIRST], limit))).all()


async def matching(session: AsyncSession, wanted: PostFilter, keys: Sequence[UUID]) -> Sequence[Post]:
    """Those of these posts that match."""
    return (await session.scalars(posts(session, wanted).where(Post.id.in_(keys)))).all()
