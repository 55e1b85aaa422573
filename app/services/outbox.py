"""Mail that is to be sent: a row that is written with what the mail is about, and sent afterwards.

The row says which kind of mail and about what, not what it says: it is composed when it is sent, so that no link
rests here. The row is the queue, as everywhere: `wake_at` says when somebody looks at it next, null when it is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel import ids
from app.services.tables import Key, Table, Word, one_of


class Letter(StrEnum):
    """What is mailed."""

    INVITATION = "invitation"
    PASSWORD_RESET = "password_reset"  # noqa: S105 -- a word, no password


class Mail(Table):
    """One mail. Rows of the installation: a reset belongs to no tenant."""

    __tablename__ = "mails"

    id: Mapped[Key]
    letter: Mapped[Letter] = mapped_column(Word(Letter))
    subject_id: Mapped[UUID]
    """The invitation or the reset."""
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    wake_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    problem: Mapped[str | None]
    """What the last try met."""
    created_at: Mapped[datetime]

    __table_args__ = (
        one_of("letter", Letter),
        CheckConstraint("sent_at IS NULL OR wake_at IS NULL", name="sent_is_done"),
        Index("ix_mails_wake_at", "wake_at", postgresql_where=text("wake_at IS NOT NULL")),
        Index("ix_mails_subject_id", "subject_id"),
        Index("ix_mails_created_at", "created_at"),
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """The mail that is not sent yet."""

    count: int
    oldest: datetime | None
    problem: str | None
    """What the last try of the oldest one met."""


async def waiting(session: AsyncSession) -> Waiting:
    """How much mail waits, and since when. For the system role."""
    left = Mail.wake_at.is_not(None)
    count = await session.scalar(select(func.count()).where(left))
    oldest = (
        await session.execute(select(Mail.created_at, Mail.problem).where(left).order_by(Mail.id).limit(1))
    ).first()
    return Waiting(count or 0, *(oldest or (None, None)))


async def post(session: AsyncSession, letter: Letter, subject_id: UUID, now: datetime) -> None:
    """Let a mail go out after this transaction; nothing goes out after a rollback."""
    # Not through the session: the tenants' role may write here and read nothing.
    values = {"id": ids.new(), "letter": letter, "subject_id": subject_id, "wake_at": now, "created_at": now}
    await session.execute(insert(Mail).values(values))
