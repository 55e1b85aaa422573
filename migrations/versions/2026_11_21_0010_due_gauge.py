"""Let the system role see since when a job could go out: an offer moves `wake_at` on, and a late job must look late."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute("GRANT SELECT (ready_at) ON jobs TO postd_system")


def downgrade() -> None:
    op.execute("REVOKE SELECT (ready_at) ON jobs FROM postd_system")
