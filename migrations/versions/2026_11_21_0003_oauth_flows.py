"""Authorization flows: from a ticket link to the chosen accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import policies

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "oauth_flows",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("ticket_hash", sa.LargeBinary(), nullable=False),
        sa.Column("state_hash", sa.LargeBinary(), nullable=True),
        sa.Column("cookie_hash", sa.LargeBinary(), nullable=True),
        sa.Column("connection_id", sa.Uuid(), nullable=True),
        sa.Column("app_id", sa.Uuid(), nullable=True),
        sa.Column("issuer", sa.String(), nullable=True),
        sa.Column("blob", sa.LargeBinary(), nullable=True),
        sa.Column("kek_id", sa.String(), nullable=True),
        sa.Column(
            "fields",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("return_to", sa.String(), nullable=True),
        sa.Column("result", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('offered', 'started', 'choosing', 'done', 'failed')", name=op.f("ck_oauth_flows_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "app_id"],
            ["platform_apps.tenant_id", "platform_apps.id"],
            name=op.f("fk_oauth_flows_tenant_id_app_id_platform_apps"),
            ondelete="NO ACTION",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["connections.tenant_id", "connections.id"],
            name=op.f("fk_oauth_flows_tenant_id_connection_id_connections"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_oauth_flows_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_flows")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_oauth_flows_state_hash")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_oauth_flows_tenant_id_id")),
        sa.UniqueConstraint("ticket_hash", name=op.f("uq_oauth_flows_ticket_hash")),
    )
    op.create_index("ix_oauth_flows_expires_at", "oauth_flows", ["expires_at"], unique=False)
    policies.fence("oauth_flows")
    policies.grant_app("oauth_flows")
    policies.grant_system(
        "oauth_flows",
        {"SELECT": ["id", "tenant_id", "ticket_hash", "state_hash", "state", "kek_id", "expires_at"], "DELETE": []},
    )


def downgrade() -> None:
    op.drop_table("oauth_flows")
