"""Pages of posts, by keyset."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.posts.model import Post, PostTerm
from app.domain.posts.queries import PostFilter, every, ways
from app.services.paging import Page, PageRequest, Sort, keyset, page
from app.services.ways import Way, keyset_of_any


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
    found = []
    for one in ways(session, wanted):
        statement = one.way.statement
        for term in one.terms:  # the cursor bounds the range of their index too
            statement = keyset(statement, _of_term(sorts, term), request)
        found.append(Way(statement, one.way.lead))
    rows = (await session.scalars(keyset_of_any(every(session), found, sorts, request))).all()
    return page(rows, sorts, request)


def _of_term(order: Sequence[Sort], term: type[PostTerm]) -> list[Sort]:
    at, _ = order
    column = term.due_at if at.column is Post.due_at else term.created_at
    return [Sort(column, descending=at.descending), Sort(term.post_id, descending=at.descending)]
