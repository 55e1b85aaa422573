"""The tables behind the links that people are sent: invitations to a workspace, and resets of a password.

A row is what a link stands for, and that it was used. The link itself is signed and nowhere kept.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.people.roles import Role
from app.services.tables import Key, Table, Word, of_tenant, one_of

INVITATION_LIFE: Final = timedelta(days=7)
RESET_LIFE: Final = timedelta(hours=1)


class Invitation(Table):
    """A place in a workspace that is offered to an address, once."""

    __tablename__ = "invitations"

    id: Mapped[Key]
    tenant_id: Mapped[UUID]
    address: Mapped[str]
    address_key: Mapped[str]
    role: Mapped[Role] = mapped_column(Word(Role))
    invited_by: Mapped[str]
    by_mail: Mapped[bool]
    """The link went to the address and to nobody else: who has it reads that mail."""
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        of_tenant(),
        one_of("role", Role),
        Index("ix_invitations_tenant_id_created_at_id", "tenant_id", "created_at", "id"),
        Index("ix_invitations_expires_at", "expires_at"),
    )


class PasswordReset(Table):
    """A password that may be chosen anew, once. Rows of the installation, as people are."""

    __tablename__ = "password_resets"

    id: Mapped[Key]
    person_id: Mapped[UUID]
    by_mail: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    __table_args__ = (
        ForeignKeyConstraint(["person_id"], ["people.id"], ondelete="CASCADE"),
        Index("ix_password_resets_person_id", "person_id"),
        Index("ix_password_resets_expires_at", "expires_at"),
    )
