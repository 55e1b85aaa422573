"""What health is counted from: tries by when they began and by their fault, tokens by their end, parts by their state.

The system role counts for operators. It sees moments, states and kinds of faults, and no words of anybody's.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import policies

revision = "0019"
down_revision = "0018"

SEEN = {
    "job_attempts": ("ended_at", "outcome", "fault_kind"),
    "connection_checks": ("tenant_id", "what", "ok"),
    "connections": ("token_expires_at",),
    "jobs": ("discarded_at",),
}
"""Columns that the system role may read from now on."""


def upgrade() -> None:
    # Generated, so that a process of the previous release fills it too.
    op.add_column("job_attempts", sa.Column("fault_kind", sa.String(), sa.Computed("fault ->> 'kind'", persisted=True)))
    op.create_index("ix_job_attempts_tenant_id_started_at", "job_attempts", ["tenant_id", "started_at"])
    op.create_index(
        "ix_connection_checks_failed_refreshes",
        "connection_checks",
        ["tenant_id", "at"],
        postgresql_where=sa.text("what = 'refresh' AND NOT ok"),
    )
    op.create_index(
        "ix_connections_tenant_id_token_expires_at",
        "connections",
        ["tenant_id", "token_expires_at"],
        postgresql_where=sa.text("token_expires_at IS NOT NULL"),
    )
    op.create_table(
        "part_states",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column(
            "since",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_part_states")),
    )
    # Rows of the installation: they name a part and no tenant.
    policies.grant_columns("part_states", "postd_system", {"SELECT": [], "INSERT": [], "UPDATE": ["state", "since"]})
    for table, columns in SEEN.items():
        policies.grant_columns(table, "postd_system", {"SELECT": columns})


def downgrade() -> None:
    op.execute("REVOKE SELECT (discarded_at) ON jobs FROM postd_system")
    op.execute("REVOKE SELECT (token_expires_at) ON connections FROM postd_system")
    op.execute("REVOKE SELECT (tenant_id, what, ok) ON connection_checks FROM postd_system")
    op.execute("REVOKE SELECT (ended_at, outcome) ON job_attempts FROM postd_system")
    op.drop_table("part_states")
    op.drop_index("ix_connections_tenant_id_token_expires_at", table_name="connections")
    op.drop_index("ix_connection_checks_failed_refreshes", table_name="connection_checks")
    op.drop_index("ix_job_attempts_tenant_id_started_at", table_name="job_attempts")
    op.drop_column("job_attempts", "fault_kind")
