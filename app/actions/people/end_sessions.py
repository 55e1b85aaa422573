"""End sessions: one, or all of a person.

Promise: after the commit their tokens and cookies open nothing. The flow tells every process, which closes their
sockets. Ending twice is fine. Runs in the system's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.keys.credentials import COOKIE, parse
from app.domain.people.session_model import Session
from app.kernel.errors import NotFound


async def end_one(session: AsyncSession, person_id: UUID, session_id: UUID, now: datetime) -> None:
    """End a session of a person.

    Raises:
        NotFound: they have none of this id that is open.
    """
    mine = (Session.id == session_id, Session.person_id == person_id, Session.revoked_at.is_(None))
    ended = update(Session).where(*mine).values(revoked_at=now).returning(Session.id)
    if await session.scalar(ended) is None:
        raise NotFound("session", hint="`viewer { sessions }` lists those that are open.", path=("input", "sessionId"))


async def end_all(session: AsyncSession, person_id: UUID, now: datetime, *, but: UUID | None = None) -> Sequence[UUID]:
    """End every session of a person, in every workspace, `but` one; gives those that were open."""
    mine = [Session.person_id == person_id, Session.revoked_at.is_(None)]
    if but is not None:
        mine.append(Session.id != but)
    return (await session.scalars(update(Session).where(*mine).values(revoked_at=now).returning(Session.id))).all()


async def end_cookie(session: AsyncSession, presented: str, now: datetime) -> UUID | None:
    """End the session of a browser's cookie; gives it where it was open and a person's."""
    credential = parse(presented, COOKIE)
    if credential is None:
        return None
    mine = (
        Session.access_id == credential.public_id,
        Session.access_hash == credential.hash,
        Session.revoked_at.is_(None),
    )
    ended: UUID | None = await session.scalar(update(Session).where(*mine).values(revoked_at=now).returning(Session.id))
    return ended
