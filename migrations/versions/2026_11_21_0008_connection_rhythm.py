"""What keeps a connection alive: when its tokens were given, when it is proved next, when the user was told last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"

MOMENTS = ("renewed_at", "life_began_at", "ping_at", "told_at")


def upgrade() -> None:
    for name in MOMENTS:
        op.add_column("connections", sa.Column(name, postgresql.TIMESTAMP(timezone=True), nullable=True))


def downgrade() -> None:
    for name in MOMENTS:
        op.drop_column("connections", name)
