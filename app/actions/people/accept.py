"""Use an invitation up.

Promise: of many who follow one link, one is let in. Runs in the system's transaction, because who follows it is no
member yet.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.people.errors import LinkSpent
from app.domain.people.link_model import Invitation


async def offered(session: AsyncSession, invitation_id: UUID, now: datetime) -> Invitation:
    """An invitation that is open.

    Raises:
        LinkSpent: it was used, taken back, or is too old.
    """
    row = await session.scalar(select(Invitation).where(Invitation.id == invitation_id))
    if row is None or row.accepted_at is not None or row.revoked_at is not None or row.expires_at <= now:
        raise LinkSpent
    return row


async def accept(session: AsyncSession, invitation_id: UUID, now: datetime) -> None:
    """Use it up.

    Raises:
        LinkSpent: somebody was faster, or it was taken back.
    """
    is_open = (
        Invitation.id == invitation_id,
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
        Invitation.expires_at > now,
    )
    used = update(Invitation).where(*is_open).values(accepted_at=now).returning(Invitation.id)
    if await session.scalar(used) is None:
        raise LinkSpent
