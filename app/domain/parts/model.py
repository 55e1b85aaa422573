"""The table of parts: how each was when it was last looked at, and since when. It belongs to the installation."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from app.services.tables import Table


class PartState(Table):
    """One part. The moment is when a look first found it so; a restart does not change it."""

    __tablename__ = "part_states"

    name: Mapped[str] = mapped_column(primary_key=True)
    """database, redis, workers, ..."""
    state: Mapped[str]
    """ok, degraded or down."""
    since: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
