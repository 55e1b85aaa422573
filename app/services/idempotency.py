"""Idempotency keys of the API: the same key gives the first answer again, other content is refused.

Everything that a mutation changes is in one database, so one transaction is enough: the key is inserted with the
work. A concurrent twin waits on the unique index and then reads what the first one did.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import CheckConstraint, Index, LargeBinary, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.errors import DomainError
from app.services.db import tenant_of
from app.services.tables import Table, of_tenant


class IdempotencyKey(Table):
    """A key that a client chose, what it asked for, and what came of it."""

    __tablename__ = "idempotency_keys"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    result_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))

    __table_args__ = (
        CheckConstraint("length(key) BETWEEN 1 AND 128", name="key_is_short"),
        Index("ix_idempotency_keys_created_at", "created_at"),
        of_tenant(),
    )


class IdempotencyKeyReused(DomainError):
    """The key was used before with other content; nothing was done."""

    code = "IDEMPOTENCY_KEY_REUSED"


def fingerprint(command: Any) -> bytes:
    """What a command asks for, in 32 bytes: the same for equal commands."""
    return hashlib.sha256(orjson.dumps(command, option=orjson.OPT_SORT_KEYS, default=str)).digest()


async def remember(session: AsyncSession, key: str, command: Any, result_id: UUID) -> UUID | None:
    """Bind `key` to the work of this transaction.

    Returns:
        None when the key is new and the work is ours to do; the first call's result id when it was done already.

    Raises:
        IdempotencyKeyReused: the key stands for other content.
    """
    tenant, print_ = tenant_of(session), fingerprint(command)
    values = {"tenant_id": tenant, "key": key, "fingerprint": print_, "result_id": result_id}
    query = insert(IdempotencyKey).values(values).on_conflict_do_nothing().returning(IdempotencyKey.result_id)
    if await session.scalar(query) is not None:
        return None
    known = (
        await session.execute(
            select(IdempotencyKey.fingerprint, IdempotencyKey.result_id).where(
                IdempotencyKey.tenant_id == tenant, IdempotencyKey.key == key
            )
        )
    ).one()
    if known.fingerprint != print_:
        raise IdempotencyKeyReused(
            f"The idempotency key {key!r} was used before with other content.",
            hint="Send the same content again, or choose a new key.",
            path=("input", "idempotencyKey"),
        )
    result: UUID = known.result_id
    return result
