"""The table of processes: which API, workers and schedulers run. It belongs to the installation, not to a tenant."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.services.tables import Key, Table


class Process(Table):
    """One running process, seen alive by its own heartbeat."""

    __tablename__ = "processes"

    id: Mapped[Key]
    role: Mapped[str]
    """api, worker or scheduler."""
    host: Mapped[str]
    pid: Mapped[int]
    version: Mapped[str]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]

    __table_args__ = (Index("ix_processes_role_seen_at", "role", "seen_at"),)
