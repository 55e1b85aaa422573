"""Posts: what the user wrote and when it is meant to go out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import policies

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "posts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("content", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("labels", postgresql.ARRAY(sa.String()), server_default=sa.text("'{}'::varchar[]"), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("local_time", sa.String(), nullable=True),
        sa.Column("zone", sa.String(), nullable=True),
        sa.Column("time_notice", sa.String(), nullable=True),
        sa.Column("publish_by", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("late_policy", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
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
        sa.CheckConstraint("late_policy IN ('fail')", name=op.f("ck_posts_late_policy_known")),
        sa.CheckConstraint(
            "state IN ('scheduled', 'publishing', 'published', 'partly_published', 'needs_attention', 'failed', 'cancelled')",
            name=op.f("ck_posts_state_known"),
        ),
        sa.CheckConstraint("(local_time IS NULL) = (zone IS NULL)", name=op.f("ck_posts_local_time_has_zone")),
        sa.CheckConstraint("octet_length(content::text) <= 200000", name=op.f("ck_posts_content_is_bounded")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_posts_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_posts_tenant_id_id")),
    )
    op.create_index("ix_posts_labels", "posts", ["labels"], unique=False, postgresql_using="gin")
    op.create_index("ix_posts_tenant_id_created_at_id", "posts", ["tenant_id", "created_at", "id"], unique=False)
    op.create_index("ix_posts_tenant_id_due_at_id", "posts", ["tenant_id", "due_at", "id"], unique=False)
    op.create_index("ix_posts_tenant_id_state_due_at_id", "posts", ["tenant_id", "state", "due_at", "id"], unique=False)
    policies.fence("posts")
    policies.grant_app("posts")


def downgrade() -> None:
    op.drop_table("posts")
