"""What dead letters are found by: when they failed, of which fault, and whether somebody took them off the list.

Every index holds failed jobs only (or those with a fault), so that publishing writes none of them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"

FAILED = "state = 'failed'"
INDEXES = {
    "ix_jobs_dead_letters": (("due_at", "id"), f"{FAILED} AND discarded_at IS NULL"),
    "ix_jobs_discarded": (("due_at", "id"), "discarded_at IS NOT NULL"),
    "ix_jobs_fault_kind": (("fault_kind", "due_at", "id"), "fault_kind IS NOT NULL"),
    "ix_jobs_fault_code": (("fault_code", "due_at", "id"), "fault_code IS NOT NULL"),
    "ix_jobs_failed_fault_kind": (("fault_kind", "due_at", "id"), FAILED),
    "ix_jobs_failed_fault_code": (("fault_code", "due_at", "id"), FAILED),
    "ix_jobs_failed_at": (("failed_at", "id"), FAILED),
    "ix_jobs_failed_at_fault_kind": (("fault_kind", "failed_at", "id"), FAILED),
    "ix_jobs_failed_at_fault_code": (("fault_code", "failed_at", "id"), FAILED),
    "ix_jobs_failed_at_platform": (("platform", "failed_at", "id"), FAILED),
    "ix_jobs_failed_at_connection": (("connection_id", "failed_at", "id"), FAILED),
}
"""After the tenant, which every one begins with."""


def upgrade() -> None:
    for name in ("failed_at", "discarded_at"):
        op.add_column("jobs", sa.Column(name, postgresql.TIMESTAMP(timezone=True), nullable=True))
    # Generated, so that a process of the previous release fills them too.
    op.add_column("jobs", sa.Column("fault_kind", sa.String(), sa.Computed("fault ->> 'kind'", persisted=True)))
    op.add_column(
        "jobs", sa.Column("fault_code", sa.String(), sa.Computed("left(fault ->> 'code', 200)", persisted=True))
    )
    # The owner is behind the fence too and would find no row: for this statement it is lowered, under the lock.
    op.execute("ALTER TABLE jobs NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE jobs SET failed_at = updated_at WHERE state = 'failed'")
    op.execute("ALTER TABLE jobs FORCE ROW LEVEL SECURITY")
    for name, (columns, where) in INDEXES.items():
        op.create_index(name, "jobs", ["tenant_id", *columns], postgresql_where=sa.text(where))
    op.create_index("ix_audit_log_tenant_id_subject_id_at", "audit_log", ["tenant_id", "subject_id", "at"])
    op.add_column("tenants", sa.Column("zone", sa.String(), nullable=True))
    op.execute("GRANT UPDATE (zone) ON tenants TO postd_app")


def downgrade() -> None:
    op.drop_column("tenants", "zone")
    op.drop_index("ix_audit_log_tenant_id_subject_id_at", table_name="audit_log")
    for name in INDEXES:
        op.drop_index(name, table_name="jobs")
    for name in ("fault_code", "fault_kind", "discarded_at", "failed_at"):
        op.drop_column("jobs", name)
