"""Row-level security in SQL: what autogenerate does not see.

Every table of tenants' rows is fenced by one policy for `postd_app`; `postd_system` reads and writes the few
columns that must be known before a tenant is, each granted by name. FORCE makes the policies hold for the
owner too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alembic import op

# A pooled connection shows '' after the first transaction-local setting, and NULL before it: both mean "nobody".
TENANT = "nullif(current_setting('app.tenant_id', true), '')::uuid"

ROLES = ("postd_app", "postd_system")


def create_roles() -> None:
    """Make the two roles where they do not exist yet (roles belong to the cluster), and let this login take them."""
    for role in ROLES:
        op.execute(
            f"""
            DO $$ BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                    BEGIN
                        CREATE ROLE {role} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOINHERIT;
                    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
                    END;
                END IF;
            END $$
            """
        )
        op.execute(
            f"""
            DO $$ BEGIN
                -- Since PostgreSQL 16 who creates a role may grant it, but may not yet take it.
                IF NOT pg_has_role(current_user, '{role}',
                                   CASE WHEN current_setting('server_version_num')::int >= 160000
                                        THEN 'SET' ELSE 'MEMBER' END) THEN
                    BEGIN
                        EXECUTE 'GRANT {role} TO ' || quote_ident(current_user);
                    EXCEPTION WHEN insufficient_privilege THEN
                        RAISE EXCEPTION 'the login % may not use the role {role}', current_user
                            USING HINT = format('Let a superuser run: GRANT {role} TO %I', current_user);
                    END;
                END IF;
            END $$
            """
        )
        op.execute(f"GRANT USAGE ON SCHEMA public TO {role}")


def fence(table: str, *, column: str = "tenant_id") -> None:
    """Show `postd_app` the rows of its transaction's tenant only, and refuse to write others."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY tenant ON {table} TO postd_app USING ({column} = {TENANT}) WITH CHECK ({column} = {TENANT})"
    )


def grant_app(table: str, rights: str = "SELECT, INSERT, UPDATE, DELETE") -> None:
    """Let the API and the workers use a table (inside its fence)."""
    op.execute(f"GRANT {rights} ON {table} TO postd_app")


def grant_system(table: str, rights: Mapping[str, Iterable[str]]) -> None:
    """Let the scheduler and the doorkeeper use named columns of a table, across tenants.

    `rights` maps SELECT, INSERT, UPDATE or DELETE to columns; DELETE takes none.
    """
    op.execute(f"CREATE POLICY system ON {table} TO postd_system USING (true) WITH CHECK (true)")
    grant_columns(table, "postd_system", rights)


def grant_columns(table: str, role: str, rights: Mapping[str, Iterable[str]]) -> None:
    """Grant rights on named columns; no columns means the whole table."""
    for verb, columns in rights.items():
        named = ", ".join(columns)
        op.execute(f"GRANT {verb}{f' ({named})' if named else ''} ON {table} TO {role}")


def revoke_columns(table: str, role: str) -> None:
    """Take every right on a table back, for a downgrade that leaves the table."""
    op.execute(f"REVOKE ALL ON {table} FROM {role}")
