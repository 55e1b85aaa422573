"""People, their places in workspaces, their sessions, the links that they are sent, and the mail that carries them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import policies

revision = "0017"
down_revision = "0016"

NOW = sa.text("clock_timestamp()")
ROLES = "role IN ('viewer', 'editor', 'publisher', 'admin')"


def moment(name: str, *, nullable: bool = True, default: sa.TextClause | None = None) -> sa.Column[object]:
    return sa.Column(name, postgresql.TIMESTAMP(timezone=True), server_default=default, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("address_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("operator", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        moment("verified_at"),
        moment("disabled_at"),
        moment("created_at", nullable=False, default=NOW),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("address_key", name=op.f("uq_people_address_key")),
    )
    op.create_table(
        "memberships",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        moment("created_at", nullable=False, default=NOW),
        sa.CheckConstraint(ROLES, name=op.f("ck_memberships_role_known")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_memberships_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_memberships_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "person_id", name=op.f("pk_memberships")),
    )
    op.create_index("ix_memberships_person_id", "memberships", ["person_id"], unique=False)
    _sessions()
    _links()
    op.create_table(
        "mails",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("letter", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        moment("wake_at"),
        moment("lease_until"),
        moment("sent_at"),
        sa.Column("problem", sa.String(), nullable=True),
        moment("created_at", nullable=False),
        sa.CheckConstraint("letter IN ('invitation', 'password_reset')", name=op.f("ck_mails_letter_known")),
        sa.CheckConstraint("sent_at IS NULL OR wake_at IS NULL", name=op.f("ck_mails_sent_is_done")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
    )
    op.create_index(
        "ix_mails_wake_at", "mails", ["wake_at"], unique=False, postgresql_where=sa.text("wake_at IS NOT NULL")
    )
    op.create_index("ix_mails_subject_id", "mails", ["subject_id"], unique=False)
    op.create_index("ix_mails_created_at", "mails", ["created_at"], unique=False)
    _rights()


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("key_id", sa.Uuid(), nullable=True),
        sa.Column("access_id", sa.String(), nullable=False),
        sa.Column("access_hash", sa.LargeBinary(), nullable=False),
        moment("access_expires_at", nullable=False),
        sa.Column("refresh_id", sa.String(), nullable=True),
        sa.Column("refresh_hash", sa.LargeBinary(), nullable=True),
        sa.Column("previous_refresh_hash", sa.LargeBinary(), nullable=True),
        moment("refreshed_at"),
        sa.Column("agent", sa.String(), nullable=False),
        moment("created_at", nullable=False, default=NOW),
        moment("last_used_at", nullable=False),
        moment("expires_at", nullable=False),
        moment("revoked_at"),
        sa.CheckConstraint("num_nonnulls(person_id, key_id) = 1", name=op.f("ck_sessions_of_one_caller")),
        sa.CheckConstraint("octet_length(access_hash) = 32", name=op.f("ck_sessions_access_hash_is_sha256")),
        sa.CheckConstraint("(refresh_id IS NULL) = (refresh_hash IS NULL)", name=op.f("ck_sessions_refresh_is_whole")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_sessions_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["memberships.tenant_id", "memberships.person_id"],
            name=op.f("fk_sessions_tenant_id_person_id_memberships"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "key_id"],
            ["api_keys.tenant_id", "api_keys.id"],
            name=op.f("fk_sessions_tenant_id_key_id_api_keys"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_sessions_tenant_id_id")),
        sa.UniqueConstraint("access_id", name=op.f("uq_sessions_access_id")),
        sa.UniqueConstraint("refresh_id", name=op.f("uq_sessions_refresh_id")),
    )
    op.create_index("ix_sessions_tenant_id_person_id", "sessions", ["tenant_id", "person_id"], unique=False)
    op.create_index("ix_sessions_person_id", "sessions", ["person_id"], unique=False)
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"], unique=False)


def _links() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("address_key", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("invited_by", sa.String(), nullable=False),
        sa.Column("by_mail", sa.Boolean(), nullable=False),
        moment("created_at", nullable=False, default=NOW),
        moment("expires_at", nullable=False),
        moment("accepted_at"),
        moment("revoked_at"),
        sa.CheckConstraint(ROLES, name=op.f("ck_invitations_role_known")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_invitations_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_invitations_tenant_id_id")),
    )
    op.create_index(
        "ix_invitations_tenant_id_created_at_id", "invitations", ["tenant_id", "created_at", "id"], unique=False
    )
    op.create_index("ix_invitations_expires_at", "invitations", ["expires_at"], unique=False)
    op.create_table(
        "password_resets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("by_mail", sa.Boolean(), nullable=False),
        moment("created_at", nullable=False, default=NOW),
        moment("expires_at", nullable=False),
        moment("used_at"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_password_resets_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_resets")),
    )
    op.create_index("ix_password_resets_person_id", "password_resets", ["person_id"], unique=False)
    op.create_index("ix_password_resets_expires_at", "password_resets", ["expires_at"], unique=False)


def _rights() -> None:
    # People sign in before their workspace is known. Rows of the installation, like `processes`: no tenant could
    # fence them, so the tenants' role has no right on them but to post a letter.
    for table in ("people", "password_resets", "mails"):
        policies.grant_columns(table, "postd_system", {"SELECT": [], "INSERT": [], "UPDATE": [], "DELETE": []})
    policies.grant_app("mails", "INSERT")
    policies.fence("memberships")
    policies.fence("sessions")
    policies.fence("invitations")
    policies.grant_app("memberships", "SELECT, UPDATE (role), DELETE")
    policies.grant_app("sessions", "SELECT (id, tenant_id, person_id, revoked_at)")
    policies.grant_app("invitations", "SELECT, INSERT, UPDATE (revoked_at)")
    policies.grant_system("memberships", {"SELECT": [], "INSERT": [], "UPDATE": ["role"]})
    policies.grant_system(
        "sessions",
        {
            "SELECT": [],
            "INSERT": [],
            "UPDATE": [
                "tenant_id",
                "access_id",
                "access_hash",
                "access_expires_at",
                "refresh_hash",
                "previous_refresh_hash",
                "refreshed_at",
                "last_used_at",
                "revoked_at",
            ],
            "DELETE": [],
        },
    )
    policies.grant_system("invitations", {"SELECT": [], "UPDATE": ["accepted_at"], "DELETE": []})
    # What people do to their own sign-in is written in the same transaction, before a tenant is entered.
    policies.grant_columns("audit_log", "postd_system", {"INSERT": []})
    # Whose clock each workspace reads is shown to people who are members of several.
    policies.grant_columns("tenants", "postd_system", {"SELECT": ["zone"]})


def downgrade() -> None:
    op.execute("REVOKE SELECT (zone) ON tenants FROM postd_system")
    op.execute("REVOKE INSERT ON audit_log FROM postd_system")
    for table in ("mails", "password_resets", "invitations", "sessions", "memberships", "people"):
        op.drop_table(table)
