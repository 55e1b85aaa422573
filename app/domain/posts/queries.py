"""Reads of posts: each function gives rows of the session's tenant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.domain.posts.model import Post, PostMedia, PostTerm, TermKind
from app.domain.posts.states import PostState
from app.kernel.errors import NotFound
from app.services.db import tenant_of
from app.services.ways import Way, pinned


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

    def terms(self) -> list[tuple[TermKind, tuple[str, ...]]]:
        """The terms that a post must have: one of each group."""
        found: list[tuple[TermKind, tuple[str, ...]]]
        found = [(TermKind.LABEL, (label,)) for label in dict.fromkeys(self.labels or ())]
        if self.connections is not None:
            found.append((TermKind.CONNECTION, tuple(str(key) for key in dict.fromkeys(self.connections))))
        if self.platforms is not None:
            found.append((TermKind.PLATFORM, tuple(dict.fromkeys(self.platforms))))
        return found

    def conditions(self) -> list[ColumnElement[bool]]:
        """The conditions as SQL."""
        return [*self.of_the_row(), *self.within(Post), *(self.has(kind, words) for kind, words in self.terms())]

    def has(self, kind: TermKind, words: tuple[str, ...]) -> ColumnElement[bool]:
        """The condition that a post has one of these terms."""
        mine = (PostTerm.tenant_id == Post.tenant_id, PostTerm.post_id == Post.id)
        return exists().where(*mine, PostTerm.kind == kind, PostTerm.term.in_(words), *self.within(PostTerm))

    def of_the_row(self) -> list[ColumnElement[bool]]:
        """The conditions on what only the post's own row knows."""
        return [] if self.states is None else [Post.state.in_(self.states)]

    def within(self, row: type[Post | PostTerm]) -> list[ColumnElement[bool]]:
        """The condition on the planned time, which a post and its terms share."""
        found: list[ColumnElement[bool]] = []
        if self.due_from is not None:
            found.append(row.due_at >= self.due_from)
        if self.due_until is not None:
            found.append(row.due_at < self.due_until)
        return found


@dataclass(frozen=True, slots=True)
class PostWay:
    """One way to posts of a filter: a statement whose rows an index gives in the order of time."""

    way: Way[Select[Post]]
    terms: tuple[type[PostTerm], ...] = ()
    """The terms that it joins; they have the post's times."""


def posts(session: AsyncSession, wanted: PostFilter) -> Select[Post]:
    """The statement that lists posts, without an order."""
    return every(session).where(*wanted.conditions())


def every(session: AsyncSession) -> Select[Post]:
    """The statement that lists all posts, without an order."""
    return select(Post).where(Post.tenant_id == tenant_of(session))


def ways(session: AsyncSession, wanted: PostFilter) -> list[PostWay]:
    """The same posts as of `posts`, with a way for each of the values that one may choose from; see `first_of_any`.

    Only one condition is split, or their product could be thousands of ways.
    """
    if wanted.connections is not None and len(wanted.connections) != 1:
        return [_way(session, replace(wanted, connections=(one,))) for one in dict.fromkeys(wanted.connections)]
    if wanted.platforms is not None and len(wanted.platforms) != 1:
        return [_way(session, replace(wanted, platforms=(one,))) for one in dict.fromkeys(wanted.platforms)]
    if wanted.states is not None and len(wanted.states) != 1:
        return [_way(session, replace(wanted, states=(one,))) for one in dict.fromkeys(wanted.states)]
    return [_way(session, wanted)]


def _way(session: AsyncSession, wanted: PostFilter) -> PostWay:
    groups = wanted.terms()
    statement = every(session).where(*wanted.within(Post))
    if not groups and wanted.states is not None and len(wanted.states) == 1:
        return PostWay(Way(statement.where(pinned(Post.state, wanted.states[0])), Post.state))
    statement = statement.where(*wanted.of_the_row())
    # With several conditions, PostgreSQL knows better which of them few posts meet: then none is pinned.
    alone = len(groups) == 1 and wanted.states is None
    lead, terms = None, []
    for kind, words in groups:
        if len(words) != 1:
            statement = statement.where(wanted.has(kind, words))
            continue
        term = aliased(PostTerm)
        # The times are equal by the foreign key; said here, the term's index gives the rows in the order of time.
        same = (
            (term.tenant_id == Post.tenant_id)
            & (term.post_id == Post.id)
            & (term.due_at == Post.due_at)
            & (term.created_at == Post.created_at)
        )
        mine = pinned(term.term, words[0]) if alone else term.term == words[0]
        statement = statement.join(term, same).where(term.tenant_id == tenant_of(session), term.kind == kind, mine)
        statement = statement.where(*wanted.within(term))
        lead = term.term if alone else None
        terms.append(term)
    return PostWay(Way(statement, lead), tuple(terms))


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


async def lock(session: AsyncSession, keys: Sequence[UUID]) -> None:
    """Lock posts in the order of their ids, after their jobs: for verbs that change jobs of several."""
    mine = (Post.tenant_id == tenant_of(session), Post.id.in_(keys))
    await session.execute(select(Post.id).where(*mine).order_by(Post.id).with_for_update())
