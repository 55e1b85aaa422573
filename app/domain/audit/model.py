"""The audit log: who did what that an administrator answers for."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.services.tables import Key, Table, of_tenant


class AuditEntry(Table):
    """One administrative act. Rows are written and never changed."""

    __tablename__ = "audit_log"

    id: Mapped[Key]
    tenant_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    actor: Mapped[str]
    verb: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID | None]
    details: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        Index("ix_audit_log_tenant_id_at_id", "tenant_id", "at", "id"),
        Index("ix_audit_log_tenant_id_subject_id_at", "tenant_id", "subject_id", "at"),
        Index("ix_audit_log_at", "at"),
        of_tenant(),
    )
