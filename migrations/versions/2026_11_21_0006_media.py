"""Media files and the copies made to fit platforms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import policies

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "media",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("object_key", sa.String(), nullable=False),
        sa.Column("declared_size", sa.BigInteger(), nullable=True),
        sa.Column("declared_mime", sa.String(), nullable=True),
        sa.Column("upload_hash", sa.LargeBinary(), nullable=True),
        sa.Column("upload_expires_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("mime", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("alt", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("fault", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("fit_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "state <> 'ready' OR (mime IS NOT NULL AND size IS NOT NULL AND sha256 IS NOT NULL AND kind IS NOT NULL)",
            name=op.f("ck_media_ready_is_known"),
        ),
        sa.CheckConstraint("state IN ('awaiting_upload', 'ready', 'failed')", name=op.f("ck_media_state_known")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_media_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_media_tenant_id_id")),
    )
    op.create_index(
        "ix_media_fit_at", "media", ["fit_at"], unique=False, postgresql_where=sa.text("fit_at IS NOT NULL")
    )
    op.create_index("ix_media_tenant_id_created_at_id", "media", ["tenant_id", "created_at", "id"], unique=False)
    op.create_table(
        "media_derivatives",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("media_id", sa.Uuid(), nullable=False),
        sa.Column("rules", sa.String(), nullable=False),
        sa.Column("object_key", sa.String(), nullable=False),
        sa.Column("mime", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "media_id"],
            ["media.tenant_id", "media.id"],
            name=op.f("fk_media_derivatives_tenant_id_media_id_media"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_media_derivatives_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_derivatives")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_media_derivatives_tenant_id_id")),
        sa.UniqueConstraint(
            "tenant_id", "media_id", "rules", name=op.f("uq_media_derivatives_tenant_id_media_id_rules")
        ),
    )
    policies.fence("media")
    policies.fence("media_derivatives")
    policies.grant_app("media")
    policies.grant_app("media_derivatives")
    policies.grant_system(
        "media",
        {
            "SELECT": ["id", "tenant_id", "state", "upload_hash", "upload_expires_at", "created_at", "fit_at"],
            "UPDATE": ["fit_at"],
        },
    )


def downgrade() -> None:
    op.drop_table("media_derivatives")
    op.drop_table("media")
