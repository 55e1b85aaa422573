"""Figures of posts and accounts: a clock for each connection, the newest figures, snapshots, and runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import policies

revision = "0020"
down_revision = "0019"

TABLES = ("figure_collections", "post_figures", "figure_snapshots", "collection_runs")
SOURCE = "source IN ('poll', 'backfill')"


def moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, postgresql.TIMESTAMP(timezone=True), nullable=nullable)


def uuid(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def figures() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column(
            "figures",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        moment("measured_at"),
        sa.Column("complete", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )


def of_tenant(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_tenant_id_tenants")
    return sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=name, ondelete="CASCADE")


def of_connection(table: str, owner: str, key: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "connection_id"],
        [f"{owner}.tenant_id", f"{owner}.{key}"],
        name=op.f(f"fk_{table}_tenant_id_connection_id_{owner}"),
        ondelete="CASCADE",
    )


def upgrade() -> None:
    op.create_table(
        "figure_collections",
        uuid("tenant_id"),
        uuid("connection_id"),
        sa.Column("platform", sa.String(), nullable=False),
        moment("next_collect_at", nullable=False),
        moment("account_due_at", nullable=False),
        moment("enrolled_until"),
        moment("history_from"),
        moment("history_until"),
        *figures(),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        uuid("run_id", nullable=True),
        moment("lease_until"),
        of_connection("figure_collections", "connections", "id"),
        of_tenant("figure_collections"),
        sa.PrimaryKeyConstraint("tenant_id", "connection_id", name=op.f("pk_figure_collections")),
    )
    op.create_index("ix_figure_collections_next_collect_at", "figure_collections", ["next_collect_at"])
    op.create_table(
        "post_figures",
        uuid("tenant_id"),
        uuid("part_id"),
        uuid("job_id"),
        uuid("post_id"),
        uuid("connection_id"),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("labels", postgresql.ARRAY(sa.String()), server_default=sa.text("'{}'::varchar[]"), nullable=False),
        moment("published_at", nullable=False),
        moment("due_at"),
        *figures(),
        moment("missing_since"),
        of_connection("post_figures", "figure_collections", "connection_id"),
        of_tenant("post_figures"),
        sa.PrimaryKeyConstraint("tenant_id", "part_id", name=op.f("pk_post_figures")),
    )
    for column in ("published_at", "job_id", "post_id"):
        op.create_index(f"ix_post_figures_tenant_id_{column}", "post_figures", ["tenant_id", column])
    op.create_index(
        "ix_post_figures_due",
        "post_figures",
        ["tenant_id", "connection_id", "due_at"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "figure_snapshots",
        uuid("tenant_id"),
        uuid("subject_id"),
        sa.Column("metric", sa.String(), nullable=False),
        moment("at", nullable=False),
        uuid("connection_id"),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.CheckConstraint(SOURCE, name=op.f("ck_figure_snapshots_source_known")),
        of_connection("figure_snapshots", "figure_collections", "connection_id"),
        of_tenant("figure_snapshots"),
        sa.PrimaryKeyConstraint("tenant_id", "subject_id", "metric", "at", name=op.f("pk_figure_snapshots")),
    )
    op.create_index("ix_figure_snapshots_at", "figure_snapshots", ["at"])
    op.create_index("ix_figure_snapshots_tenant_id_connection_id", "figure_snapshots", ["tenant_id", "connection_id"])
    op.create_table(
        "collection_runs",
        uuid("id"),
        uuid("tenant_id"),
        uuid("connection_id"),
        sa.Column("source", sa.String(), nullable=False),
        moment("started_at", nullable=False),
        moment("ended_at"),
        sa.Column("records", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("missing", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint(SOURCE, name=op.f("ck_collection_runs_source_known")),
        of_connection("collection_runs", "figure_collections", "connection_id"),
        of_tenant("collection_runs"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_runs")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_collection_runs_tenant_id_id")),
    )
    op.create_index(
        "ix_collection_runs_tenant_id_connection_id_started_at",
        "collection_runs",
        ["tenant_id", "connection_id", "started_at"],
    )
    op.create_index("ix_collection_runs_started_at", "collection_runs", ["started_at"])
    for table in TABLES:
        policies.fence(table)
        policies.grant_app(table)
    # The scheduler makes and turns clocks; what was seen is none of its business. Old rows go by their age.
    clock = ["tenant_id", "connection_id", "platform", "next_collect_at", "account_due_at"]
    rights = {"SELECT": [*clock, "enrolled_until"], "INSERT": clock, "UPDATE": ["next_collect_at"]}
    policies.grant_system("figure_collections", rights)
    policies.grant_system("figure_snapshots", {"SELECT": ["at"], "DELETE": []})
    policies.grant_system("collection_runs", {"SELECT": ["started_at"], "DELETE": []})


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
