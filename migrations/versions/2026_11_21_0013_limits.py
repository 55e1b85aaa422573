"""Allowances that are reserved before a post is sent, breakers of platforms, and the reasons to wait for either."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import policies

revision = "0013"
down_revision = "0012"

NOW = sa.text("clock_timestamp()")
KNOWN = "park_reason IS NULL OR park_reason IN ({})"
BEFORE, AFTER = "'connection', 'paused'", "'connection', 'paused', 'breaker', 'quota'"
OPERATIONS = "operation IN ('publish', 'refresh', 'read', 'all')"


def moment(name: str, *, nullable: bool = False, default: sa.TextClause | None = None) -> sa.Column[object]:
    return sa.Column(name, postgresql.TIMESTAMP(timezone=True), server_default=default, nullable=nullable)


def json(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=nullable)


def reasons(words: str) -> None:
    op.drop_constraint(op.f("ck_jobs_park_reason_known"), "jobs", type_="check")
    op.create_check_constraint(op.f("ck_jobs_park_reason_known"), "jobs", KNOWN.format(words))


def ledger(name: str, *keys: sa.Column[object], constraints: tuple[sa.Constraint, ...] = ()) -> None:
    op.create_table(
        name,
        *keys,
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("told_most", sa.Integer(), nullable=True),
        json("spent"),
        moment("updated_at", default=NOW),
        sa.CheckConstraint("octet_length(spent::text) <= 20000", name=op.f(f"ck_{name}_spent_is_bounded")),
        sa.PrimaryKeyConstraint(*(key.name for key in keys), "name", name=op.f(f"pk_{name}")),
        *constraints,
    )


def upgrade() -> None:
    op.add_column("jobs", json("reserved", nullable=True))
    reasons(AFTER)
    op.create_index(
        "ix_jobs_parked_by_breaker",
        "jobs",
        ["platform"],
        unique=False,
        postgresql_where=sa.text("state = 'parked' AND park_reason = 'breaker'"),
    )
    ledger(
        "allowances",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        constraints=(
            sa.ForeignKeyConstraint(
                ["tenant_id", "connection_id"],
                ["connections.tenant_id", "connections.id"],
                name=op.f("fk_allowances_tenant_id_connection_id_connections"),
                ondelete="CASCADE",
            ),
            sa.ForeignKeyConstraint(
                ["tenant_id"], ["tenants.id"], name=op.f("fk_allowances_tenant_id_tenants"), ondelete="CASCADE"
            ),
        ),
    )
    ledger("app_allowances", sa.Column("platform", sa.String(), nullable=False))
    op.create_table(
        "breakers",
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("episode", sa.Uuid(), nullable=False),
        moment("since"),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        moment("next_probe_at", nullable=True),
        moment("probe_until", nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        moment("updated_at", default=NOW),
        sa.CheckConstraint(OPERATIONS, name=op.f("ck_breakers_operation_known")),
        sa.CheckConstraint("state IN ('closed', 'open', 'probing', 'paused')", name=op.f("ck_breakers_state_known")),
        sa.CheckConstraint(
            "(next_probe_at IS NOT NULL) = (state IN ('open', 'probing'))",
            name=op.f("ck_breakers_somebody_probes_next"),
        ),
        sa.CheckConstraint("(probe_until IS NOT NULL) = (state = 'probing')", name=op.f("ck_breakers_probe_ends")),
        sa.PrimaryKeyConstraint("platform", "host", "operation", name=op.f("pk_breakers")),
    )
    op.create_table(
        "platform_notices",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("episode", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("operation", sa.String(), nullable=False),
        moment("told_at", default=NOW),
        moment("ended_at", nullable=True),
        sa.CheckConstraint(OPERATIONS, name=op.f("ck_platform_notices_operation_known")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_platform_notices_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "episode", name=op.f("pk_platform_notices")),
    )
    policies.fence("allowances")
    policies.grant_app("allowances", "SELECT, INSERT, UPDATE")
    # Rows of the installation: they name a platform and no tenant. The ledger is written by the claim's transaction.
    policies.grant_app("app_allowances", "SELECT, INSERT, UPDATE")
    policies.grant_columns("breakers", "postd_system", {"SELECT": [], "INSERT": [], "UPDATE": []})
    policies.fence("platform_notices")
    policies.grant_app("platform_notices", "SELECT, INSERT, UPDATE, DELETE")
    # A platform that is back lets out what waited for it, whoever's it is.
    policies.grant_columns("jobs", "postd_system", {"SELECT": ["park_reason"]})


def downgrade() -> None:
    op.execute("REVOKE SELECT (park_reason) ON jobs FROM postd_system")
    op.drop_table("platform_notices")
    op.drop_table("breakers")
    op.drop_table("app_allowances")
    op.drop_table("allowances")
    op.drop_index("ix_jobs_parked_by_breaker", table_name="jobs")
    # The release before knows neither reason: what waited for them is due now.
    op.execute("ALTER TABLE jobs NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE jobs SET state = 'scheduled', park_reason = NULL, ready_at = clock_timestamp(), "
        "wake_at = clock_timestamp() WHERE park_reason IN ('breaker', 'quota')"
    )
    op.execute("ALTER TABLE jobs FORCE ROW LEVEL SECURITY")
    reasons(BEFORE)
    op.drop_column("jobs", "reserved")
