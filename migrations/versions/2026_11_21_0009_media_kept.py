"""What is known of files by their bytes, the state of each copy, which posts use which files, and what is thrown away."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import policies

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("media", sa.Column("clean", sa.Boolean(), nullable=True))
    op.add_column("media", sa.Column("duration_ms", sa.BigInteger(), nullable=True))
    op.add_column("media", sa.Column("frame_rate", sa.Float(), nullable=True))
    op.add_column("media", sa.Column("video_codec", sa.String(), nullable=True))
    op.add_column("media", sa.Column("audio_codec", sa.String(), nullable=True))
    op.add_column("media", sa.Column("pages", sa.Integer(), nullable=True))
    op.create_index(
        "ix_media_tenant_id_sha256", "media", ["tenant_id", "sha256"], postgresql_where=sa.text("sha256 IS NOT NULL")
    )
    op.create_index("ix_media_tenant_id_object_key", "media", ["tenant_id", "object_key"])
    _copies()
    _uses()
    _discards()


def _copies() -> None:
    state = sa.Column("state", sa.String(), server_default=sa.text("'ready'"), nullable=False)
    op.add_column("media_derivatives", state)
    op.add_column("media_derivatives", sa.Column("problem", sa.String(), nullable=True))
    op.add_column("media_derivatives", sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False))
    for column in ("object_key", "mime", "size", "width", "height"):
        op.alter_column("media_derivatives", column, nullable=True)
    op.create_check_constraint(
        op.f("ck_media_derivatives_state_known"), "media_derivatives", "state IN ('ready', 'retrying', 'failed')"
    )
    op.create_check_constraint(
        op.f("ck_media_derivatives_ready_is_there"),
        "media_derivatives",
        "state <> 'ready' OR (object_key IS NOT NULL AND mime IS NOT NULL AND size IS NOT NULL AND width IS NOT NULL AND height IS NOT NULL)",
    )


def _uses() -> None:
    op.create_table(
        "post_media",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("media_id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "media_id"],
            ["media.tenant_id", "media.id"],
            name=op.f("fk_post_media_tenant_id_media_id_media"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "post_id"],
            ["posts.tenant_id", "posts.id"],
            name=op.f("fk_post_media_tenant_id_post_id_posts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_post_media_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "media_id", "post_id", name=op.f("pk_post_media")),
    )
    op.create_index("ix_post_media_tenant_id_post_id", "post_media", ["tenant_id", "post_id"])
    op.execute(
        """
        INSERT INTO post_media (tenant_id, media_id, post_id)
        SELECT DISTINCT media.tenant_id, media.id, known.post_id
        FROM (SELECT tenant_id, id AS post_id, content FROM posts
              UNION ALL SELECT tenant_id, post_id, content FROM jobs) AS known,
             jsonb_path_query(known.content, '$.parts[*].media[*].id') AS named
        JOIN media ON true
        WHERE media.tenant_id = known.tenant_id AND media.id::text = named #>> '{}'
        """
    )
    policies.fence("post_media")
    policies.grant_app("post_media")
    policies.grant_system("post_media", {"SELECT": ["tenant_id", "media_id"]})


def _discards() -> None:
    op.create_table(
        "media_discards",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("object_key", sa.String(), nullable=False),
        sa.Column("after", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_media_discards_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "object_key", name=op.f("pk_media_discards")),
    )
    op.create_index("ix_media_discards_after", "media_discards", ["after"])
    policies.fence("media_discards")
    policies.grant_app("media_discards")
    policies.grant_system("media_discards", {"SELECT": ["tenant_id", "object_key", "after"]})


def downgrade() -> None:
    op.drop_table("media_discards")
    op.drop_table("post_media")
    op.execute("DELETE FROM media_derivatives WHERE state <> 'ready'")
    op.drop_constraint(op.f("ck_media_derivatives_ready_is_there"), "media_derivatives")
    op.drop_constraint(op.f("ck_media_derivatives_state_known"), "media_derivatives")
    for column in ("object_key", "mime", "size", "width", "height"):
        op.alter_column("media_derivatives", column, nullable=False)
    for column in ("tries", "problem", "state"):
        op.drop_column("media_derivatives", column)
    op.drop_index("ix_media_tenant_id_object_key", "media")
    op.drop_index("ix_media_tenant_id_sha256", "media")
    for column in ("pages", "audio_codec", "video_codec", "frame_rate", "duration_ms", "clean"):
        op.drop_column("media", column)
