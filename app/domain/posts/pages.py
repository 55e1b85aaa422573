"""Pages of posts, by keyset."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.posts.model import Post
from app.domain.posts.queries import PostFilter, posts
from app.services.paging import Page, PageRequest, Sort, keyset, page


class PostOrder(StrEnum):
    """The order of a list of posts."""

    DUE_FIRST = "due_first"
    """By planned time, the earliest first."""
    DUE_LAST = "due_last"
    """By planned time, the latest first."""
    CREATED_LAST = "created_last"
    """By the time of their making, the newest first."""


SORTS = {
    PostOrder.DUE_FIRST: (Sort(Post.due_at), Sort(Post.id)),
    PostOrder.DUE_LAST: (Sort(Post.due_at, descending=True), Sort(Post.id, descending=True)),
    PostOrder.CREATED_LAST: (Sort(Post.created_at, descending=True), Sort(Post.id, descending=True)),
}


async def posts_page(session: AsyncSession, wanted: PostFilter, order: PostOrder, request: PageRequest) -> Page[Post]:
    """One page of the tenant's posts.

    Raises:
        BadCursor: a cursor is not of this list and order.
    """
    sorts = SORTS[order]
    rows = (await session.scalars(keyset(posts(session, wanted), sorts, request))).all()
    return page(rows, sorts, request)
