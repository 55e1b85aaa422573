"""Incoming webhooks, and whom connections are owned by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import policies

revision = "0007"
down_revision = "0006"

NOW = sa.text("clock_timestamp()")


def moment(name: str, *, nullable: bool = False, default: sa.TextClause | None = None) -> sa.Column[object]:
    return sa.Column(name, postgresql.TIMESTAMP(timezone=True), server_default=default, nullable=nullable)


def upgrade() -> None:
    op.add_column("connections", sa.Column("owner_id", sa.String(), nullable=True))
    op.add_column("connections", moment("granted_at", nullable=True))
    op.create_index("ix_connections_platform_external_id", "connections", ["platform", "external_id"], unique=False)
    op.create_index(
        "ix_connections_owner_id",
        "connections",
        ["owner_id"],
        unique=False,
        postgresql_where=sa.text("owner_id IS NOT NULL"),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("receiver", sa.String(), nullable=False),
        sa.Column("callback", sa.String(), nullable=False),
        sa.Column("delivery_key", sa.String(), nullable=False),
        sa.Column("confirmation_code", sa.String(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("fence", sa.Integer(), server_default=sa.text("0"), nullable=False),
        moment("wake_at", nullable=True),
        moment("lease_until", nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        moment("received_at", default=NOW),
        moment("updated_at", default=NOW),
        sa.CheckConstraint(
            "state IN ('received', 'processing', 'retry', 'done', 'orphan', 'dead')",
            name=op.f("ck_webhook_deliveries_state_known"),
        ),
        sa.CheckConstraint(
            "(wake_at IS NULL) = (state IN ('done', 'orphan', 'dead'))",
            name=op.f("ck_webhook_deliveries_somebody_looks_next"),
        ),
        sa.CheckConstraint(
            "(lease_until IS NULL) = (state <> 'processing')",
            name=op.f("ck_webhook_deliveries_lease_only_while_worked_on"),
        ),
        sa.CheckConstraint("octet_length(body) <= 1048576", name=op.f("ck_webhook_deliveries_body_is_bounded")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
        sa.UniqueConstraint("receiver", "delivery_key", name=op.f("uq_webhook_deliveries_receiver_delivery_key")),
        sa.UniqueConstraint("confirmation_code", name=op.f("uq_webhook_deliveries_confirmation_code")),
    )
    op.create_index(
        "ix_webhook_deliveries_wake_at",
        "webhook_deliveries",
        ["wake_at"],
        unique=False,
        postgresql_where=sa.text("wake_at IS NOT NULL"),
    )
    op.create_index("ix_webhook_deliveries_received_at", "webhook_deliveries", ["received_at"], unique=False)
    op.create_table(
        "webhook_shares",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("problem", sa.String(), nullable=True),
        moment("received_at"),
        moment("updated_at", default=NOW),
        sa.CheckConstraint(
            "state IN ('waiting', 'applied', 'dead')",
            name=op.f("ck_webhook_shares_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_webhook_shares_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_shares")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_webhook_shares_tenant_id_id")),
        sa.UniqueConstraint(
            "tenant_id", "delivery_id", "platform", name=op.f("uq_webhook_shares_tenant_id_delivery_id_platform")
        ),
    )
    op.create_index(
        "ix_webhook_shares_tenant_id_received_at_id", "webhook_shares", ["tenant_id", "received_at", "id"], unique=False
    )
    op.create_index("ix_webhook_shares_received_at", "webhook_shares", ["received_at"], unique=False)
    op.create_index(
        "ix_webhook_shares_waiting",
        "webhook_shares",
        ["delivery_id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "webhook_notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("share_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("notice_key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        moment("at"),
        sa.Column("details", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["connections.tenant_id", "connections.id"],
            name=op.f("fk_webhook_notices_tenant_id_connection_id_connections"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "share_id"],
            ["webhook_shares.tenant_id", "webhook_shares.id"],
            name=op.f("fk_webhook_notices_tenant_id_share_id_webhook_shares"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_webhook_notices_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_notices")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_webhook_notices_tenant_id_id")),
        sa.UniqueConstraint(
            "tenant_id",
            "connection_id",
            "notice_key",
            name=op.f("uq_webhook_notices_tenant_id_connection_id_notice_key"),
        ),
    )
    op.create_index("ix_webhook_notices_tenant_id_share_id", "webhook_notices", ["tenant_id", "share_id"], unique=False)
    # Rows of the installation, like `processes`: no tenant could fence them, so the tenants' role has no right at all.
    policies.grant_columns(
        "webhook_deliveries", "postd_system", {"SELECT": [], "INSERT": [], "UPDATE": [], "DELETE": []}
    )
    policies.fence("webhook_shares")
    policies.fence("webhook_notices")
    policies.grant_app("webhook_shares", "SELECT, INSERT, UPDATE")
    policies.grant_app("webhook_notices")
    policies.grant_system(
        "webhook_shares",
        {"SELECT": ["delivery_id", "state", "received_at"], "UPDATE": ["state"], "DELETE": []},
    )
    # Accounts and people are named by webhooks before a tenant is known.
    policies.grant_columns("connections", "postd_system", {"SELECT": ["owner_id"]})
    # The words of others are taken out of events when the account's owner asks for deletion.
    policies.grant_columns("events", "postd_app", {"UPDATE": ["changes"]})


def downgrade() -> None:
    op.execute("REVOKE UPDATE (changes) ON events FROM postd_app")
    op.execute("REVOKE SELECT (owner_id) ON connections FROM postd_system")
    op.drop_table("webhook_notices")
    op.drop_table("webhook_shares")
    op.drop_table("webhook_deliveries")
    op.drop_index("ix_connections_owner_id", table_name="connections")
    op.drop_index("ix_connections_platform_external_id", table_name="connections")
    op.drop_column("connections", "granted_at")
    op.drop_column("connections", "owner_id")
