"""Reads of parts: how each was, and since when. In a session of the system role."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.parts.model import PartState


async def known(session: AsyncSession) -> Mapping[str, PartState]:
    """Every part that was looked at, by name."""
    return {row.name: row for row in await session.scalars(select(PartState))}
