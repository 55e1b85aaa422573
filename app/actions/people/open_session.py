"""Open a session: what a person, or a browser that holds an API key, calls with from now on.

Promise: tokens and cookies are given once and are nowhere kept. Runs in the system's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.keys.credentials import ACCESS, COOKIE, REFRESH, generate
from app.domain.people.session_model import ACCESS_LIFE, COOKIE_LIFE, LIFE, Session
from app.kernel import ids
from connectors.secret import Secret

LONGEST_AGENT = 60


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Who comes in, where, and with what."""

    tenant_id: UUID
    now: datetime
    agent: str
    person_id: UUID | None = None
    key_id: UUID | None = None
    cookie: bool = False
    """For a browser; else for a program, which refreshes its token."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The row, and what its holder keeps."""

    session: Session
    access: Secret
    """The access token, or the cookie."""
    refresh: Secret | None


async def open_session(session: AsyncSession, command: OpenSession) -> Opened:
    """Open the session."""
    access = generate(COOKIE if command.cookie else ACCESS)
    refresh = None if command.cookie else generate(REFRESH)
    ends = command.now + (COOKIE_LIFE if command.cookie else LIFE)
    row = Session(
        id=ids.new(),
        tenant_id=command.tenant_id,
        person_id=command.person_id,
        key_id=command.key_id,
        access_id=access.public_id,
        access_hash=access.hash,
        access_expires_at=ends if command.cookie else command.now + ACCESS_LIFE,
        refresh_id=None if refresh is None else refresh.public_id,
        refresh_hash=None if refresh is None else refresh.hash,
        agent=command.agent[:LONGEST_AGENT],
        created_at=command.now,
        last_used_at=command.now,
        expires_at=ends,
    )
    session.add(row)
    await session.flush()
    return Opened(row, access.presented(), None if refresh is None else refresh.presented())


async def move(session: AsyncSession, session_id: UUID, tenant_id: UUID) -> None:
    """Let a session speak for another workspace, of which its person is a member."""
    await session.execute(update(Session).where(Session.id == session_id).values(tenant_id=tenant_id))
