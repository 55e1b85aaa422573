"""Connections with their sealed tokens and health log, and our clients at authorization servers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import policies

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "platform_apps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=True),
        sa.Column("kek_id", sa.String(), nullable=True),
        sa.Column(
            "extra",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_platform_apps_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform_apps")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_platform_apps_tenant_id_id")),
        sa.UniqueConstraint("tenant_id", "platform", "key", name=op.f("uq_platform_apps_tenant_id_platform_key")),
    )
    op.create_table(
        "connections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("server", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("avatar_url", sa.String(), nullable=True),
        sa.Column(
            "account_limits",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column(
            "granted_scopes", postgresql.ARRAY(sa.String()), server_default=sa.text("'{}'::varchar[]"), nullable=False
        ),
        sa.Column("token_expires_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("refreshes_itself", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("token_version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("refresh_failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("app_id", sa.Uuid(), nullable=True),
        sa.Column("last_ok_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("next_check_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
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
        sa.CheckConstraint(
            "state IN ('healthy', 'expiring_soon', 'attention', 'revoked', 'paused')",
            name=op.f("ck_connections_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "app_id"],
            ["platform_apps.tenant_id", "platform_apps.id"],
            name=op.f("fk_connections_tenant_id_app_id_platform_apps"),
            ondelete="NO ACTION",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_connections_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connections")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_connections_tenant_id_id")),
        sa.UniqueConstraint(
            "tenant_id", "platform", "external_id", name=op.f("uq_connections_tenant_id_platform_external_id")
        ),
    )
    op.create_index("ix_connections_next_check_at", "connections", ["next_check_at"], unique=False)
    op.create_index(
        "ix_connections_tenant_id_created_at_id", "connections", ["tenant_id", "created_at", "id"], unique=False
    )
    op.create_index(
        "ix_connections_tenant_id_platform_state", "connections", ["tenant_id", "platform", "state"], unique=False
    )
    op.create_table(
        "sealed_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
        sa.Column("kek_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("field IN ('current', 'previous')", name=op.f("ck_sealed_tokens_field_known")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["connections.tenant_id", "connections.id"],
            name=op.f("fk_sealed_tokens_tenant_id_connection_id_connections"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_sealed_tokens_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed_tokens")),
        sa.UniqueConstraint(
            "tenant_id", "connection_id", "field", name=op.f("uq_sealed_tokens_tenant_id_connection_id_field")
        ),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_sealed_tokens_tenant_id_id")),
    )
    op.create_index("ix_sealed_tokens_kek_id", "sealed_tokens", ["kek_id"], unique=False)
    op.create_table(
        "connection_checks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("fault", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["connections.tenant_id", "connections.id"],
            name=op.f("fk_connection_checks_tenant_id_connection_id_connections"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_connection_checks_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection_checks")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_connection_checks_tenant_id_id")),
    )
    op.create_index("ix_connection_checks_at", "connection_checks", ["at"], unique=False)
    op.create_index(
        "ix_connection_checks_tenant_id_connection_id_at",
        "connection_checks",
        ["tenant_id", "connection_id", "at"],
        unique=False,
    )
    policies.fence("platform_apps")
    policies.fence("connections")
    policies.fence("sealed_tokens")
    policies.fence("connection_checks")
    policies.grant_app("platform_apps")
    policies.grant_app("connections")
    policies.grant_app("sealed_tokens")
    policies.grant_app("connection_checks")
    policies.grant_system("platform_apps", {"SELECT": ["id", "tenant_id", "kek_id"]})
    policies.grant_system(
        "connections",
        {
            "SELECT": ["id", "tenant_id", "platform", "external_id", "state", "next_check_at"],
            "UPDATE": ["next_check_at"],
        },
    )
    policies.grant_system("sealed_tokens", {"SELECT": ["id", "tenant_id", "connection_id", "field", "kek_id"]})
    policies.grant_system("connection_checks", {"SELECT": ["at"], "DELETE": []})


def downgrade() -> None:
    op.drop_table("connection_checks")
    op.drop_table("sealed_tokens")
    op.drop_table("connections")
    op.drop_table("platform_apps")
