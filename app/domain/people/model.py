"""The tables of people and of their places in workspaces.

A person belongs to the installation and has one password; a membership says what they may do in one workspace.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, PrimaryKeyConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.people.roles import Role
from app.services.tables import Key, Table, Word, of_tenant, one_of


class Person(Table):
    """Somebody who signs in. Rows of the installation: no tenant could fence them."""

    __tablename__ = "people"

    id: Mapped[Key]
    address: Mapped[str]
    """As it is written in mail."""
    address_key: Mapped[str]
    """The address without regard to case: one person each."""
    name: Mapped[str]
    password_hash: Mapped[str | None]
    """argon2id, with its parameters; None: they have not chosen one yet."""
    operator: Mapped[bool] = mapped_column(server_default=text("false"))
    """May see and do what concerns the whole installation."""
    verified_at: Mapped[datetime | None]
    """When it was proved that they read the address's mail."""
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))

    # Unique in the installation: people sign in before their workspace is known. Only the system role can read or
    # write it, so that no tenant can try addresses.
    __table_args__ = (UniqueConstraint("address_key"),)


class Membership(Table):
    """A person's place in a workspace."""

    __tablename__ = "memberships"

    tenant_id: Mapped[UUID]
    person_id: Mapped[UUID]
    role: Mapped[Role] = mapped_column(Word(Role))
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))

    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "person_id"),
        of_tenant(),
        ForeignKeyConstraint(["person_id"], ["people.id"], ondelete="CASCADE"),
        one_of("role", Role),
        Index("ix_memberships_person_id", "person_id"),
    )
