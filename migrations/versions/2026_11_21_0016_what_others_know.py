"""Let the system role see by which way an account was connected, and whose share of a delivery a row is.

Who ends one access must know who else lives by the same consent. What platforms tell about other people is taken out
after a time of the platform's, in the workspaces that were told.
"""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute("GRANT SELECT (method) ON connections TO postd_system")
    op.execute("GRANT SELECT (tenant_id, platform) ON webhook_shares TO postd_system")


def downgrade() -> None:
    op.execute("REVOKE SELECT (tenant_id, platform) ON webhook_shares FROM postd_system")
    op.execute("REVOKE SELECT (method) ON connections FROM postd_system")
