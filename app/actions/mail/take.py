"""Take a mail to send it, and write what came of that.

Promise: one worker at a time has it, for the time of its lease; a worker whose lease is over changes nothing, because
what it writes names the try that it was. For the system role.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.services.outbox import Mail

LEASE: Final = timedelta(minutes=3)
"""Longer than any conversation with a server lasts."""
MOST_TRIES: Final = 12
"""With the waits between them about half a day."""
LOST: Final = "Its workers were lost while they sent it."
_FIRST_WAIT: Final = 30.0
_LONGEST_WAIT: Final = 3600.0


async def take(session: AsyncSession, mail_id: UUID) -> Mail | None:
    """The mail, or None when there is nothing to do: it is done, another worker has it, or it was tried too often."""
    now = func.clock_timestamp()
    free = (Mail.id == mail_id, Mail.wake_at.is_not(None), or_(Mail.lease_until.is_(None), Mail.lease_until < now))
    lost = update(Mail).where(*free, Mail.attempts >= MOST_TRIES)
    await session.execute(lost.values(wake_at=None, lease_until=None, problem=LOST))
    values = {"attempts": Mail.attempts + 1, "lease_until": now + LEASE, "wake_at": now + LEASE}
    query = update(Mail).where(*free).values(values).returning(Mail)
    return (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()


async def sent(session: AsyncSession, mail: Mail) -> None:
    """The server has taken it."""
    await _settle(session, mail, {"sent_at": func.clock_timestamp(), "wake_at": None, "problem": None})


async def given_up(session: AsyncSession, mail: Mail, problem: str) -> None:
    """It will not be sent."""
    await _settle(session, mail, {"wake_at": None, "problem": problem})


async def put_off(session: AsyncSession, mail: Mail, problem: str) -> bool:
    """Try again later; False: it was tried too often, and is given up."""
    if mail.attempts >= MOST_TRIES:
        await given_up(session, mail, problem)
        return False
    wait = timedelta(seconds=min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** (mail.attempts - 1)))
    await _settle(session, mail, {"wake_at": func.clock_timestamp() + wait, "problem": problem})
    return True


async def _settle(session: AsyncSession, mail: Mail, values: dict[str, object]) -> None:
    mine = (Mail.id == mail.id, Mail.attempts == mail.attempts)
    changed = update(Mail).where(*mine).values(lease_until=None, **values)
    await session.execute(changed.execution_options(synchronize_session=False))
