"""Jobs: the row is the queue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import policies

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("content", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=True),
        sa.Column("part", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ready_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("wake_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("publish_by", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("fence", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("crashes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("epoch", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("cancel_requested_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("park_reason", sa.String(), nullable=True),
        sa.Column("fault", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("unknown_since", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("processing_since", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("platform_ref", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("published_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("(state = 'parked') = (park_reason IS NOT NULL)", name=op.f("ck_jobs_parked_has_reason")),
        sa.CheckConstraint(
            "(state = 'published') = (platform_ref IS NOT NULL)", name=op.f("ck_jobs_published_has_reference")
        ),
        sa.CheckConstraint(
            "(wake_at IS NULL) = (state IN ('published', 'failed', 'cancelled', 'needs_review'))",
            name=op.f("ck_jobs_somebody_looks_next"),
        ),
        sa.CheckConstraint(
            "lease_until IS NULL OR state IN ('publishing', 'processing', 'unknown')",
            name=op.f("ck_jobs_lease_only_while_worked_on"),
        ),
        sa.CheckConstraint(
            "park_reason IS NULL OR park_reason IN ('connection', 'paused')", name=op.f("ck_jobs_park_reason_known")
        ),
        sa.CheckConstraint(
            "state <> 'publishing' OR (lease_until IS NOT NULL AND step IS NOT NULL)",
            name=op.f("ck_jobs_publishing_is_leased"),
        ),
        sa.CheckConstraint(
            "state IN ('scheduled', 'parked', 'publishing', 'processing', 'retrying', 'unknown', 'needs_review', 'published', 'failed', 'cancelled')",
            name=op.f("ck_jobs_state_known"),
        ),
        sa.CheckConstraint(
            "step IS NULL OR step IN ('prepared', 'media_uploaded', 'container_created', 'sending')",
            name=op.f("ck_jobs_step_known"),
        ),
        sa.CheckConstraint("attempts <= max_attempts", name=op.f("ck_jobs_attempts_within_bounds")),
        sa.CheckConstraint("octet_length(content::text) <= 200000", name=op.f("ck_jobs_content_is_bounded")),
        sa.CheckConstraint("part >= 0 AND part < parts", name=op.f("ck_jobs_part_exists")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["connections.tenant_id", "connections.id"],
            name=op.f("fk_jobs_tenant_id_connection_id_connections"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "post_id"],
            ["posts.tenant_id", "posts.id"],
            name=op.f("fk_jobs_tenant_id_post_id_posts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_jobs_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_jobs_tenant_id_id")),
    )
    op.create_index(
        "ix_jobs_tenant_id_connection_id_due_at_id",
        "jobs",
        ["tenant_id", "connection_id", "due_at", "id"],
        unique=False,
    )
    op.create_index("ix_jobs_tenant_id_due_at_id", "jobs", ["tenant_id", "due_at", "id"], unique=False)
    op.create_index("ix_jobs_tenant_id_post_id", "jobs", ["tenant_id", "post_id"], unique=False)
    op.create_index("ix_jobs_tenant_id_state_due_at_id", "jobs", ["tenant_id", "state", "due_at", "id"], unique=False)
    op.create_index(
        "ix_jobs_tenant_id_wake_at",
        "jobs",
        ["tenant_id", "wake_at"],
        unique=False,
        postgresql_where=sa.text("wake_at IS NOT NULL"),
    )
    op.create_index(
        "ix_jobs_waiting_of_connection",
        "jobs",
        ["tenant_id", "connection_id", "ready_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('scheduled', 'retrying')"),
    )
    op.create_index(
        "uq_jobs_live_target",
        "jobs",
        ["tenant_id", "post_id", "connection_id"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('cancelled', 'failed')"),
    )
    op.create_index(
        "uq_jobs_platform_ref",
        "jobs",
        ["tenant_id", "connection_id", "platform_ref"],
        unique=True,
        postgresql_where=sa.text("platform_ref IS NOT NULL"),
    )
    op.create_index(
        "uq_jobs_running_connection",
        "jobs",
        ["tenant_id", "connection_id"],
        unique=True,
        postgresql_where=sa.text("state = 'publishing'"),
    )
    op.create_table(
        "job_parts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("attempt_key", sa.Uuid(), nullable=False),
        sa.Column("composed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column(
            "checkpoint",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("intended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("platform_ref", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column(
            "extra",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.CheckConstraint("octet_length(checkpoint::text) <= 100000", name=op.f("ck_job_parts_checkpoint_is_bounded")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "job_id"],
            ["jobs.tenant_id", "jobs.id"],
            name=op.f("fk_job_parts_tenant_id_job_id_jobs"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_job_parts_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_parts")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_job_parts_tenant_id_id")),
        sa.UniqueConstraint("tenant_id", "job_id", "position", name=op.f("uq_job_parts_tenant_id_job_id_position")),
    )
    op.create_table(
        "job_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("work", sa.String(), nullable=False),
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("step", sa.String(), nullable=True),
        sa.Column("fault", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column(
            "exchanges",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "job_id"],
            ["jobs.tenant_id", "jobs.id"],
            name=op.f("fk_job_attempts_tenant_id_job_id_jobs"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_job_attempts_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_attempts")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_job_attempts_tenant_id_id")),
        sa.UniqueConstraint("tenant_id", "job_id", "fence", name=op.f("uq_job_attempts_tenant_id_job_id_fence")),
    )
    policies.fence("jobs")
    policies.fence("job_parts")
    policies.fence("job_attempts")
    policies.grant_app("jobs")
    policies.grant_app("job_parts")
    policies.grant_app("job_attempts")
    policies.grant_system(
        "jobs",
        {
            "SELECT": [
                "id",
                "tenant_id",
                "platform",
                "state",
                "due_at",
                "wake_at",
                "publish_by",
                "lease_until",
                "published_at",
            ],
            "UPDATE": ["wake_at"],
        },
    )


def downgrade() -> None:
    op.drop_table("job_attempts")
    op.drop_table("job_parts")
    op.drop_table("jobs")
