"""A password that is lost: make a reset for an address, and use it up.

Promise: asking does the same for an address that nobody has, in one statement. A reset is used once, and with it go
all others of the person. Runs in the system's transaction.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.people.errors import LinkSpent
from app.domain.people.link_model import RESET_LIFE, PasswordReset
from app.domain.people.model import Person
from app.kernel import ids
from app.services.outbox import Letter

ASK = text(
    """
    WITH made AS (
        INSERT INTO password_resets (id, person_id, by_mail, created_at, expires_at)
        SELECT :reset, id, true, :now, :until FROM people WHERE address_key = :key AND disabled_at IS NULL
        RETURNING id
    )
    INSERT INTO mails (id, letter, subject_id, wake_at, created_at) SELECT :mail, :letter, id, :now, :now FROM made
    """
)


async def ask(session: AsyncSession, address_key: str, now: datetime) -> None:
    """Let a link be mailed, if somebody has this address."""
    values = {
        "reset": ids.new(),
        "mail": ids.new(),
        "key": address_key,
        "now": now,
        "until": now + RESET_LIFE,
        "letter": Letter.PASSWORD_RESET.value,
    }
    await session.execute(ASK, values)


async def make(session: AsyncSession, person_id: UUID, now: datetime) -> PasswordReset:
    """A reset whose link an operator passes on."""
    row = PasswordReset(id=ids.new(), person_id=person_id, by_mail=False, created_at=now, expires_at=now + RESET_LIFE)
    session.add(row)
    await session.flush()
    return row


async def asked(session: AsyncSession, reset_id: UUID, now: datetime) -> tuple[PasswordReset, Person]:
    """A reset that is open, and whose it is.

    Raises:
        LinkSpent: it was used or is too old, or its person was disabled.
    """
    query = select(PasswordReset, Person).join(Person, Person.id == PasswordReset.person_id)
    row = (await session.execute(query.where(PasswordReset.id == reset_id))).one_or_none()
    if row is None:
        raise LinkSpent
    reset, person = row.PasswordReset, row.Person
    if reset.used_at is not None or reset.expires_at <= now or person.disabled_at is not None:
        raise LinkSpent
    return reset, person


async def use(session: AsyncSession, reset: PasswordReset, password_hash: str, now: datetime) -> None:
    """Keep the new password.

    Raises:
        LinkSpent: somebody was faster.
    """
    is_open = (PasswordReset.person_id == reset.person_id, PasswordReset.used_at.is_(None))
    used = update(PasswordReset).where(*is_open).values(used_at=now).returning(PasswordReset.id)
    if reset.id not in (await session.scalars(used)).all():
        raise LinkSpent
    changes: dict[str, object] = {"password_hash": password_hash}
    if reset.by_mail:  # only who reads the address's mail has the link
        changes["verified_at"] = now
    await session.execute(update(Person).where(Person.id == reset.person_id).values(changes))
