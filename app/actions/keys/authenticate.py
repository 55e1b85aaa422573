"""Tell who calls, by the key presented.

Promise: unknown, wrong, revoked and expired keys get the same answer. Runs in the system's transaction, because the
tenant is not known yet.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.keys.credentials import generate, parse
from app.domain.keys.errors import KeyRefused
from app.domain.keys.model import ApiKey, Scope
from app.domain.keys.principal import Principal

COARSE = timedelta(minutes=5)
"""`last_used_at` is written at most this often: it is for people, and a write a request is dear."""
_NOBODY = generate().hash


async def authenticate(session: AsyncSession, presented: str, *, now: datetime) -> Principal:
    """Find the caller.

    Raises:
        KeyRefused: the key opens nothing.
    """
    credential = parse(presented)
    if credential is None:
        raise KeyRefused
    key = await session.scalar(select(ApiKey).where(ApiKey.public_id == credential.public_id))
    # Compared also when there is no such key, so that the time tells nothing.
    genuine = credential.matches(key.secret_hash if key is not None else _NOBODY)
    if key is None or not genuine or key.revoked_at is not None:
        raise KeyRefused
    if key.expires_at is not None and key.expires_at <= now:
        raise KeyRefused
    if key.last_used_at is None or key.last_used_at < now - COARSE:
        await session.execute(update(ApiKey).where(ApiKey.id == key.id).values(last_used_at=now))
    return Principal(
        credential_id=key.id,
        tenant_id=key.tenant_id,
        name=key.name,
        scopes=frozenset(Scope(word) for word in key.scopes),
        expires_at=key.expires_at,
        actor=f"key:{key.id}",
        key_id=key.id,
    )
