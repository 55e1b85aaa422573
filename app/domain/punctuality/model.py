"""The table of punctuality: in each stretch of time, how many posts were accepted in time, and how many were not."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.services.tables import Table, of_tenant


class Punctuality(Table):
    """The figures of one workspace in one stretch. Counted from the jobs; nothing else is written here."""

    __tablename__ = "punctuality"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    """When the stretch begins."""
    good: Mapped[int]
    late: Mapped[int]

    __table_args__ = (Index("ix_punctuality_at", "at"), of_tenant())
