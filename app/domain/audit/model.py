"""The audit log: who did what that an administrator answers for."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Index, UniqueConstraint, event, text
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from app.services.callers import CALLER
from app.services.tables import Key, Table, of_tenant


class AuditEntry(Table):
    """One administrative act. Rows are written and never changed, but addresses are cut after a time."""

    __tablename__ = "audit_log"

    id: Mapped[Key]
    tenant_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    actor: Mapped[str]
    verb: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID | None]
    details: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    actor_name: Mapped[str | None]
    """The actor in words, as it was called then."""
    address: Mapped[Any] = mapped_column(INET, nullable=True)
    """From where; after a time only the network."""
    request_id: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        Index("ix_audit_log_tenant_id_at_id", "tenant_id", "at", "id"),
        Index("ix_audit_log_tenant_id_subject_id_at", "tenant_id", "subject_id", "at"),
        Index("ix_audit_log_tenant_id_actor_at", "tenant_id", "actor", "at", "id"),
        Index("ix_audit_log_tenant_id_verb_at", "tenant_id", "verb", "at", "id"),
        Index("ix_audit_log_at", "at"),
        Index("ix_audit_log_whole_address", "at", postgresql_where=text("masklen(address) IN (32, 128)")),
        of_tenant(),
    )


@event.listens_for(AuditEntry, "before_insert")
def _say_from_where(_mapper: Mapper[AuditEntry], _connection: Connection, entry: AuditEntry) -> None:
    """Add who called and from where to every line, whoever writes it."""
    caller = CALLER.get()
    entry.actor_name = entry.actor_name or caller.name
    entry.address = entry.address or caller.network_address
    entry.request_id = entry.request_id or caller.request_id
