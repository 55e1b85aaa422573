"""The ledger of allowances: what was used of each, and until when it counts. A flush of Redis does not touch it.

A line is written by one guarded statement, so that two workers cannot both take the last unit. An account's lines are
rows of its tenant; a line of the whole application is a row of the installation and names no tenant.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.services.tables import Table, of_tenant, refers


class Allowance(Table):
    """What an account has used of one allowance."""

    __tablename__ = "allowances"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    most: Mapped[int]
    """What the connector declares."""
    told_most: Mapped[int | None]
    """What the platform said of this account; it counts in place of what is declared."""
    spent: Mapped[dict[str, Any]]
    """Moment (seconds since 1970) until which it counts -> units."""
    updated_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))

    __table_args__ = (
        CheckConstraint("octet_length(spent::text) <= 20000", name="spent_is_bounded"),
        of_tenant(),
        refers("connection_id", "connections"),
    )


class AppAllowance(Table):
    """What the installation's application has used of one allowance on one platform."""

    __tablename__ = "app_allowances"

    platform: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    most: Mapped[int]
    told_most: Mapped[int | None]
    spent: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))

    __table_args__ = (CheckConstraint("octet_length(spent::text) <= 20000", name="spent_is_bounded"),)
