"""What follows when a post is late, quiet hours, and how punctual the installation is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import policies

revision = "0015"
down_revision = "0014"

POLICIES = "late_policy IN ('fail', 'publish', 'ask')"
MOMENTS = ("quiet_until", "owed_at", "overdue_at")
AGES = {"job_attempts": "started_at", "audit_log": "at"}
"""Tables that are pruned by age, with the column that tells it."""


def moment(name: str, *, nullable: bool = False, default: sa.TextClause | None = None) -> sa.Column[object]:
    return sa.Column(name, postgresql.TIMESTAMP(timezone=True), server_default=default, nullable=nullable)


def upgrade() -> None:
    op.drop_constraint(op.f("ck_posts_late_policy_known"), "posts", type_="check")
    op.create_check_constraint(op.f("ck_posts_late_policy_known"), "posts", POLICIES)
    op.add_column("jobs", sa.Column("late_policy", sa.String(), server_default=sa.text("'fail'"), nullable=False))
    op.create_check_constraint(op.f("ck_jobs_late_policy_known"), "jobs", POLICIES)
    for name in MOMENTS:
        op.add_column("jobs", moment(name, nullable=True))
    for name in ("published_at", "overdue_at"):
        held = sa.text(f"{name} IS NOT NULL")
        op.create_index(f"ix_jobs_{name}", "jobs", [name], unique=False, postgresql_where=held)
    op.execute(
        "GRANT SELECT (connection_id, owed_at, overdue_at, processing_since, unknown_since) ON jobs TO postd_system"
    )
    _rules()
    _punctuality()
    for table, column in AGES.items():
        op.create_index(f"ix_{table}_{column}", table, [column], unique=False)
    policies.grant_system("audit_log", {"SELECT": ["id", "at"], "DELETE": []})
    policies.grant_system("job_attempts", {"SELECT": ["id", "tenant_id", "job_id", "work", "started_at"], "DELETE": []})


def downgrade() -> None:
    for table in AGES:
        policies.revoke_columns(table, "postd_system")
        op.execute(f"DROP POLICY system ON {table}")
    for table, column in AGES.items():
        op.drop_index(f"ix_{table}_{column}", table_name=table)
    op.drop_table("punctuality")
    op.drop_table("publishing_rules")
    op.execute(
        "REVOKE SELECT (connection_id, owed_at, overdue_at, processing_since, unknown_since) ON jobs FROM postd_system"
    )
    for name in ("overdue_at", "published_at"):
        op.drop_index(f"ix_jobs_{name}", table_name="jobs")
    for name in reversed(MOMENTS):
        op.drop_column("jobs", name)
    op.drop_constraint(op.f("ck_jobs_late_policy_known"), "jobs", type_="check")
    op.drop_column("jobs", "late_policy")
    # The release before knows one policy only: posts under another fail when they are late, which sends nothing.
    op.execute("ALTER TABLE posts NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE posts SET late_policy = 'fail'")
    op.execute("ALTER TABLE posts FORCE ROW LEVEL SECURITY")
    op.drop_constraint(op.f("ck_posts_late_policy_known"), "posts", type_="check")
    op.create_check_constraint(op.f("ck_posts_late_policy_known"), "posts", "late_policy IN ('fail')")


def _rules() -> None:
    op.create_table(
        "publishing_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=True),
        sa.Column("late_policy", sa.String(), nullable=True),
        sa.Column("quiet", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        moment("updated_at", default=sa.text("clock_timestamp()")),
        sa.CheckConstraint(f"late_policy IS NULL OR {POLICIES}", name=op.f("ck_publishing_rules_late_policy_known")),
        sa.CheckConstraint(
            "connection_id IS NULL OR late_policy IS NULL", name=op.f("ck_publishing_rules_policy_is_the_workspaces")
        ),
        sa.CheckConstraint("octet_length(quiet::text) <= 10000", name=op.f("ck_publishing_rules_quiet_is_bounded")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_publishing_rules_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["connections.tenant_id", "connections.id"],
            name=op.f("fk_publishing_rules_tenant_id_connection_id_connections"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publishing_rules")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_publishing_rules_tenant_id_id")),
        sa.UniqueConstraint(
            "tenant_id",
            "connection_id",
            name=op.f("uq_publishing_rules_tenant_id_connection_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    policies.fence("publishing_rules")
    policies.grant_app("publishing_rules")


def _punctuality() -> None:
    op.create_table(
        "punctuality",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        moment("at"),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("late", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_punctuality_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "at", name=op.f("pk_punctuality")),
    )
    op.create_index("ix_punctuality_at", "punctuality", ["at"], unique=False)
    policies.fence("punctuality")
    policies.grant_app("punctuality", "SELECT")
    policies.grant_system("punctuality", {"SELECT": [], "INSERT": [], "UPDATE": ["good", "late"], "DELETE": []})
