"""Whether a platform tells us at once what happens on an account: the subscriptions behind a connection."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import policies

revision = "0012"
down_revision = "0011"

NEW = ("listening", "listening_since", "listening_problem", "listening_to", "listen_at")


def upgrade() -> None:
    moment = postgresql.TIMESTAMP(timezone=True)
    words = postgresql.ARRAY(sa.String())
    op.add_column("connections", sa.Column("listening", sa.String(), nullable=True))
    op.add_column("connections", sa.Column("listening_since", moment, nullable=True))
    op.add_column("connections", sa.Column("listening_problem", postgresql.JSONB(), nullable=True))
    op.add_column(
        "connections", sa.Column("listening_to", words, server_default=sa.text("'{}'::varchar[]"), nullable=False)
    )
    op.add_column("connections", sa.Column("listen_at", moment, nullable=True))
    op.create_check_constraint(
        op.f("ck_connections_listening_known"),
        "connections",
        "listening IS NULL OR listening IN ('pending', 'listening', 'failed', 'off')",
    )
    op.create_index("ix_connections_listening_to", "connections", ["listening_to"], postgresql_using="gin")
    # Which subscriptions other workspaces need is asked before one is ended.
    policies.grant_columns("connections", "postd_system", {"SELECT": ["listening_to"]})


def downgrade() -> None:
    op.drop_index("ix_connections_listening_to", table_name="connections")
    op.drop_constraint(op.f("ck_connections_listening_known"), "connections")
    for name in NEW:
        op.drop_column("connections", name)
