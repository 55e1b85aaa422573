"""Let the system role see by which way an account was connected: who ends one access must know who else lives by it."""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0011"


def upgrade() -> None:
    op.execute("GRANT SELECT (method) ON connections TO postd_system")


def downgrade() -> None:
    op.execute("REVOKE SELECT (method) ON connections FROM postd_system")
