"""Figures of posts, from the rows themselves: how many in which state, by period, and on each platform."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, null, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.posts.model import Post
from app.domain.posts.queries import JOBS, PostFilter
from app.domain.posts.states import PostState
from app.services.db import tenant_of


@dataclass(frozen=True, slots=True)
class Count:
    """How many posts of one state were planned in one period; `platform` is None for all platforms together.

    A post for several platforms counts once at each of them, and once for all together.
    """

    at: datetime
    platform: str | None
    state: PostState
    count: int


async def counts(session: AsyncSession, wanted: PostFilter, granularity: str, zone: str) -> Sequence[Count]:
    """Posts by period and state, for all platforms together, then for each.

    `granularity` is PostgreSQL's word: hour, day, week or month.
    """
    found: list[Count] = []
    for query in (together(session, wanted, granularity, zone), each(session, wanted, granularity, zone)):
        rows = (await session.execute(query)).all()
        found.extend(Count(row.at, row.platform, row.state, row.posts) for row in rows)
    return found


def together(session: AsyncSession, wanted: PostFilter, granularity: str, zone: str) -> Select[Any]:
    """The statement that counts posts of which any target is wanted."""
    at = func.date_trunc(granularity, Post.due_at, zone).label("at")
    query = select(at, null().label("platform"), Post.state, func.count().label("posts")).select_from(Post)
    if wanted.platforms is not None or wanted.connections is not None:
        query = query.join(_targets(wanted).limit(1).lateral(), true())
    return query.where(*_planned(session, wanted)).group_by(at, Post.state).order_by(at, Post.state)


def each(session: AsyncSession, wanted: PostFilter, granularity: str, zone: str) -> Select[Any]:
    """The statement that counts posts at each platform of their wanted targets."""
    at, targets = func.date_trunc(granularity, Post.due_at, zone).label("at"), _targets(wanted).distinct().lateral()
    groups = (at, targets.c.platform, Post.state)
    query = select(*groups, func.count().label("posts")).select_from(Post).join(targets, true())
    return query.where(*_planned(session, wanted)).group_by(*groups).order_by(*groups)


def _planned(session: AsyncSession, wanted: PostFilter) -> list[ColumnElement[bool]]:
    """What is said about the posts themselves."""
    own = replace(wanted, platforms=None, connections=None)
    return [Post.tenant_id == tenant_of(session), *own.conditions()]


def _targets(wanted: PostFilter) -> Select[Any]:
    """The platforms of a post's wanted jobs; one job has to fulfil all that is said about a target.

    To be joined as a lateral with `DISTINCT` or `LIMIT`: then the jobs of each post are read by their index, where a
    plain join of many posts would read the jobs of the whole installation.
    """
    query = select(JOBS.c.platform).where(JOBS.c.tenant_id == Post.tenant_id, JOBS.c.post_id == Post.id)
    if wanted.platforms is not None:
        query = query.where(JOBS.c.platform.in_(wanted.platforms))
    if wanted.connections is not None:
        query = query.where(JOBS.c.connection_id.in_(wanted.connections))
    return query.correlate(Post)
