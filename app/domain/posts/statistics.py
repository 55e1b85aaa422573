"""Figures of posts, from the rows themselves: how many in which state, by period, and on each platform."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, column, func, null, select, table, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.posts.model import Post
from app.domain.posts.queries import PostFilter
from app.domain.posts.states import PostState
from app.services.db import tenant_of

# What a post targets is told by its jobs; the table is named here so that the noun stays independent.
TARGETS = table("jobs", column("tenant_id"), column("post_id"), column("platform"), column("connection_id"))


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
    if wanted.platforms is not None and wanted.connections is not None:
        # The filter asks for a job on the platform and for one of the connection: here it has to be the same.
        query = query.join(_targets(wanted).limit(1).lateral(), true())
    return (
        query.where(Post.tenant_id == tenant_of(session), *wanted.conditions())
        .group_by(at, Post.state)
        .order_by(at, Post.state)
    )


def each(session: AsyncSession, wanted: PostFilter, granularity: str, zone: str) -> Select[Any]:
    """The statement that counts posts at each platform of their wanted targets."""
    at, targets = func.date_trunc(granularity, Post.due_at, zone).label("at"), _targets(wanted).distinct().lateral()
    groups = (at, targets.c.platform, Post.state)
    query = select(*groups, func.count().label("posts")).select_from(Post).join(targets, true())
    return query.where(Post.tenant_id == tenant_of(session), *wanted.conditions()).group_by(*groups).order_by(*groups)


def _targets(wanted: PostFilter) -> Select[Any]:
    """The platforms of a post's wanted jobs; one job has to fulfil all that is said about a target.

    To be joined as a lateral with `DISTINCT` or `LIMIT`: then the jobs of each post are read by their index, where a
    plain join of many posts would read the jobs of the whole installation.
    """
    query = select(TARGETS.c.platform).where(TARGETS.c.tenant_id == Post.tenant_id, TARGETS.c.post_id == Post.id)
    if wanted.platforms is not None:
        query = query.where(TARGETS.c.platform.in_(wanted.platforms))
    if wanted.connections is not None:
        query = query.where(TARGETS.c.connection_id.in_(wanted.connections))
    return query.correlate(Post)
