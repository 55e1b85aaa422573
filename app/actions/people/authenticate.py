"""Tell who calls, by an access token or a browser's cookie.

Promise: unknown, wrong, ended and expired sessions get the same answer. What a person may do is read with each call,
so that a new role holds at once. Runs in the system's transaction, because the tenant is not known yet.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.keys.credentials import ACCESS, generate, parse
from app.domain.keys.errors import KeyRefused
from app.domain.keys.model import ApiKey, Scope
from app.domain.keys.principal import Principal
from app.domain.people.model import Membership, Person
from app.domain.people.roles import scopes_of
from app.domain.people.session_model import COARSE, Session

_NOBODY = generate(ACCESS).hash


async def authenticate(session: AsyncSession, presented: str, *, prefix: str, now: datetime) -> Principal:
    """Find the caller behind a token with this prefix.

    Raises:
        KeyRefused: it opens nothing.
    """
    credential = parse(presented, prefix)
    if credential is None:
        raise KeyRefused
    row = await session.scalar(select(Session).where(Session.access_id == credential.public_id))
    # Compared also when there is no such session, so that the time tells nothing.
    genuine = credential.matches(row.access_hash if row is not None else _NOBODY)
    if row is None or not genuine or row.revoked_at is not None or min(row.access_expires_at, row.expires_at) <= now:
        raise KeyRefused
    found = await _of_key(session, row, now) if row.person_id is None else await _of_person(session, row)
    if row.last_used_at < now - COARSE:
        await session.execute(update(Session).where(Session.id == row.id).values(last_used_at=now))
    return found


async def _of_person(session: AsyncSession, row: Session) -> Principal:
    query = (
        select(Person, Membership.role)
        .join(Membership, Membership.person_id == Person.id)
        .where(Person.id == row.person_id, Membership.tenant_id == row.tenant_id)
    )
    found = (await session.execute(query)).one_or_none()
    if found is None or found.Person.disabled_at is not None:
        raise KeyRefused
    words = scopes_of(found.role, operator=found.Person.operator)
    return Principal(
        credential_id=row.id,
        tenant_id=row.tenant_id,
        name=found.Person.name,
        scopes=frozenset(Scope(word) for word in words),
        expires_at=min(row.access_expires_at, row.expires_at),
        actor=f"person:{found.Person.id}",
        person_id=found.Person.id,
    )


async def _of_key(session: AsyncSession, row: Session, now: datetime) -> Principal:
    """The key that the browser's session speaks for: when it ends, the session opens nothing."""
    key = await session.scalar(select(ApiKey).where(ApiKey.id == row.key_id))
    if key is None or key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
        raise KeyRefused
    return Principal(
        credential_id=key.id,  # so that revoking the key ends what the browser opened
        tenant_id=key.tenant_id,
        name=key.name,
        scopes=frozenset(Scope(word) for word in key.scopes),
        expires_at=min(row.expires_at, key.expires_at or row.expires_at),
        actor=f"key:{key.id}",
        key_id=key.id,
    )
