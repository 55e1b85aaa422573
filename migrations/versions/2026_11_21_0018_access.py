"""Who did what an administrator answers for: by name, from where, in which request.

Addresses are personal data: after a time only their network is kept.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import policies

revision = "0018"
down_revision = "0017"

INDEXES = {"ix_audit_log_tenant_id_actor_at": "actor", "ix_audit_log_tenant_id_verb_at": "verb"}


def upgrade() -> None:
    op.add_column("audit_log", sa.Column("actor_name", sa.String(), nullable=True))
    op.add_column("audit_log", sa.Column("address", postgresql.INET(), nullable=True))
    op.add_column("audit_log", sa.Column("request_id", sa.String(), nullable=True))
    for name, column in INDEXES.items():
        op.create_index(name, "audit_log", ["tenant_id", column, "at", "id"])
    op.create_index(
        "ix_audit_log_whole_address", "audit_log", ["at"], postgresql_where=sa.text("masklen(address) IN (32, 128)")
    )
    policies.grant_columns("audit_log", "postd_system", {"SELECT": ["address"], "UPDATE": ["address"]})


def downgrade() -> None:
    op.execute("REVOKE SELECT (address), UPDATE (address) ON audit_log FROM postd_system")
    op.drop_index("ix_audit_log_whole_address", table_name="audit_log")
    for name in INDEXES:
        op.drop_index(name, table_name="audit_log")
    for name in ("request_id", "address", "actor_name"):
        op.drop_column("audit_log", name)
