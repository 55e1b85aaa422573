"""The rows behind a report, page by page: each post that went out, with its newest figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.figures.model import PostFigures
from app.domain.figures.report import Question
from app.services.db import tenant_of

PAGE: Final = 1000

After = tuple[datetime, UUID]
"""The moment and the key of the last row that was read."""


async def posts_page(session: AsyncSession, question: Question, after: After | None) -> Sequence[PostFigures]:
    """The next posts of a report, by the moment of their publish."""
    span = (PostFigures.published_at >= question.start, PostFigures.published_at < question.end)
    query = select(PostFigures).where(PostFigures.tenant_id == tenant_of(session), *span)
    if question.platforms is not None:
        query = query.where(PostFigures.platform.in_(question.platforms))
    if question.connections is not None:
        query = query.where(PostFigures.connection_id.in_(question.connections))
    if after is not None:
        query = query.where(tuple_(PostFigures.published_at, PostFigures.part_id) > after)
    return (await session.scalars(query.order_by(PostFigures.published_at, PostFigures.part_id).limit(PAGE))).all()
