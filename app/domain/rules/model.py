"""The table of publishing rules: what a workspace has decided for all its posts, and for single connections."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.late_policy import LatePolicy
from app.services.tables import Key, Table, Word, of_tenant, one_of, refers


class PublishingRules(Table):
    """The rules of a workspace (without a connection), or of one connection."""

    __tablename__ = "publishing_rules"

    id: Mapped[Key]
    tenant_id: Mapped[UUID]
    connection_id: Mapped[UUID | None]
    late_policy: Mapped[LatePolicy | None] = mapped_column(Word(LatePolicy))
    """The workspace's default; null: the installation's."""
    quiet: Mapped[dict[str, Any] | None]
    """Quiet hours (see quiet.py). Of a connection they replace the workspace's; null: the workspace's hold."""
    updated_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "connection_id", postgresql_nulls_not_distinct=True),
        one_of("late_policy", LatePolicy, optional=True),
        CheckConstraint("connection_id IS NULL OR late_policy IS NULL", name="policy_is_the_workspaces"),
        CheckConstraint("octet_length(quiet::text) <= 10000", name="quiet_is_bounded"),
        of_tenant(),
        refers("connection_id", "connections"),
    )
