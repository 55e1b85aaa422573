"""Take a refresh token and give the next one, with a new access token.

Promise: each refresh token works once. Who presents an old one has a copy, or somebody else has: the whole session
ends, so that a thief and the person both have to sign in. One exception: the token that was used last may be
presented again for ten seconds, because its answer may have been lost on the way. It is answered with new tokens, and
those of the lost answer open nothing. Runs in the system's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.keys.credentials import ACCESS, REFRESH, Credential, generate, parse
from app.domain.people.session_model import ACCESS_LIFE, GRACE, Session
from connectors.secret import Secret


@dataclass(frozen=True, slots=True)
class Refreshed:
    """The session goes on."""

    session: Session
    access: Secret
    refresh: Secret


@dataclass(frozen=True, slots=True)
class Stolen:
    """An old token was presented: the session was ended by it, and its sockets are to be closed."""

    session_id: UUID


async def refresh(session: AsyncSession, presented: str, *, now: datetime) -> Refreshed | Stolen | None:
    """The next tokens; None where the token opens nothing. What is returned is to be committed in each case."""
    credential = parse(presented, REFRESH)
    if credential is None:
        return None
    query = select(Session).where(Session.refresh_id == credential.public_id).with_for_update()
    row = await session.scalar(query)
    if row is None or row.refresh_hash is None or row.revoked_at is not None or row.expires_at <= now:
        return None
    current = credential.matches(row.refresh_hash)
    if not current and not _repeated(row, credential, now):
        row.revoked_at = now
        return Stolen(row.id)
    access, following = generate(ACCESS), generate(REFRESH, credential.public_id)
    if current:
        row.previous_refresh_hash, row.refreshed_at = row.refresh_hash, now
    row.access_id, row.access_hash = access.public_id, access.hash
    row.access_expires_at = min(now + ACCESS_LIFE, row.expires_at)
    row.refresh_hash, row.last_used_at = following.hash, now
    await session.flush()
    return Refreshed(row, access.presented(), following.presented())


def _repeated(row: Session, credential: Credential, now: datetime) -> bool:
    """Whether this is the token that was used last, and only just."""
    if row.previous_refresh_hash is None or row.refreshed_at is None:
        return False
    return credential.matches(row.previous_refresh_hash) and row.refreshed_at <= now < row.refreshed_at + GRACE
