"""Indexes for every list and filter, and the terms that posts are found by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import policies

revision = "0011"
down_revision = "0010"

NEW = {
    "posts": (("state", "created_at", "id"),),
    "jobs": (("platform", "due_at", "id"), ("connection_id", "state", "due_at", "id")),
    "connections": (("platform", "created_at", "id"), ("state", "created_at", "id")),
    "webhook_shares": (("platform", "received_at", "id"), ("state", "received_at", "id")),
    "events": (("subject_id", "at"),),
}
"""After the tenant, which every one begins with."""
READ = ("posts", "jobs")
FILL = (
    """
    INSERT INTO post_terms (tenant_id, post_id, kind, term, due_at, created_at)
    SELECT DISTINCT tenant_id, id, 'label', unnest(labels), due_at, created_at FROM posts
    """,
    """
    INSERT INTO post_terms (tenant_id, post_id, kind, term, due_at, created_at)
    SELECT DISTINCT posts.tenant_id, posts.id, found.kind, found.term, posts.due_at, posts.created_at
    FROM posts JOIN jobs ON jobs.tenant_id = posts.tenant_id AND jobs.post_id = posts.id,
         LATERAL (VALUES ('platform', jobs.platform), ('connection', jobs.connection_id::text)) AS found (kind, term)
    """,
)


def upgrade() -> None:
    for table, indexes in NEW.items():
        for columns in indexes:
            op.create_index(_name(table, columns), table, ["tenant_id", *columns], unique=False)
    op.drop_index("ix_events_tenant_id_subject_id_seq", table_name="events")
    op.drop_index("ix_posts_labels", table_name="posts", postgresql_using="gin")
    op.create_unique_constraint(
        op.f("uq_posts_tenant_id_id_due_at_created_at"), "posts", ["tenant_id", "id", "due_at", "created_at"]
    )
    op.create_table(
        "post_terms",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("term", sa.String(), nullable=False),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('label', 'platform', 'connection')", name=op.f("ck_post_terms_kind_known")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "post_id", "due_at", "created_at"],
            ["posts.tenant_id", "posts.id", "posts.due_at", "posts.created_at"],
            name=op.f("fk_post_terms_tenant_id_post_id_due_at_created_at_posts"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_post_terms_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "post_id", "kind", "term", name=op.f("pk_post_terms")),
    )
    _fill()
    for key in ("due_at", "created_at"):
        op.create_index(f"ix_post_terms_by_{key}", "post_terms", ["tenant_id", "kind", "term", key, "post_id"])
    policies.fence("post_terms")
    policies.grant_app("post_terms", "SELECT, INSERT, DELETE")


def downgrade() -> None:
    op.drop_table("post_terms")
    op.drop_constraint(op.f("uq_posts_tenant_id_id_due_at_created_at"), "posts", type_="unique")
    op.create_index("ix_posts_labels", "posts", ["labels"], unique=False, postgresql_using="gin")
    op.create_index("ix_events_tenant_id_subject_id_seq", "events", ["tenant_id", "subject_id", "seq"], unique=False)
    for table, indexes in NEW.items():
        for columns in indexes:
            op.drop_index(_name(table, columns), table_name=table)


def _name(table: str, columns: tuple[str, ...]) -> str:
    return f"ix_{table}_tenant_id_{'_'.join(columns)}"


def _fill() -> None:
    # The owner is behind the fence too and would find no row: for these statements it is lowered, under the lock.
    for table in READ:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for statement in FILL:
        op.execute(statement)
    for table in READ:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
