"""Figures as they are read: the newest of jobs, posts and connections, the next moment, the runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.figures.model import Collection, CollectionRun, PostFigures
from app.services.db import tenant_of

RUNS = 50
"""How many runs of a connection are shown at most."""


async def of_jobs(session: AsyncSession, keys: Sequence[UUID]) -> Sequence[PostFigures]:
    """The parts of these jobs that are watched, in the order of their publish."""
    mine = (PostFigures.tenant_id == tenant_of(session), PostFigures.job_id.in_(keys))
    return (await session.scalars(select(PostFigures).where(*mine).order_by(PostFigures.part_id))).all()


async def of_posts(session: AsyncSession, keys: Sequence[UUID]) -> Sequence[PostFigures]:
    """The parts of these posts' jobs that are watched."""
    mine = (PostFigures.tenant_id == tenant_of(session), PostFigures.post_id.in_(keys))
    return (await session.scalars(select(PostFigures).where(*mine).order_by(PostFigures.part_id))).all()


async def of_connections(session: AsyncSession, keys: Sequence[UUID]) -> Sequence[Collection]:
    """The clocks of these connections, with the newest figures of their accounts."""
    mine = (Collection.tenant_id == tenant_of(session), Collection.connection_id.in_(keys))
    return (await session.scalars(select(Collection).where(*mine))).all()


async def next_due(session: AsyncSession, connection_id: UUID) -> datetime | None:
    """When something of a connection is due next, its account or a post; None: the connection has no clock."""
    account = await session.scalar(
        select(Collection.account_due_at).where(
            Collection.tenant_id == tenant_of(session), Collection.connection_id == connection_id
        )
    )
    mine = (PostFigures.tenant_id == tenant_of(session), PostFigures.connection_id == connection_id)
    post = await session.scalar(select(func.min(PostFigures.due_at)).where(*mine, PostFigures.due_at.is_not(None)))
    return min((moment for moment in (account, post) if moment is not None), default=None)


async def runs_of(session: AsyncSession, connection_id: UUID) -> Sequence[CollectionRun]:
    """The last runs of a connection, newest first."""
    mine = (CollectionRun.tenant_id == tenant_of(session), CollectionRun.connection_id == connection_id)
    query = select(CollectionRun).where(*mine).order_by(CollectionRun.started_at.desc(), CollectionRun.id.desc())
    return (await session.scalars(query.limit(RUNS))).all()
