"""Figures of posts, from the rows themselves."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.posts.queries import PostFilter, posts
from app.domain.posts.states import PostState


async def by_state(session: AsyncSession, wanted: PostFilter) -> dict[PostState, int]:
    """How many of these posts are in which state."""
    found = posts(session, wanted).subquery()
    query = select(found.c.state, func.count().label("posts")).group_by(found.c.state)
    return {row.state: row.posts for row in (await session.execute(query)).all()}
