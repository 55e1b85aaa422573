"""The login that the compose file's PostgreSQL makes is enough for the migrations, and bound by row-level security."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest

from app.domain.tables import metadata
from app.kernel.embedded.attach import attach
from app.services import schema

SCRIPT = Path(__file__).resolve().parents[2] / "deploy" / "postgres-init.sh"


def statements() -> list[str]:
    """The SQL of the script."""
    body = SCRIPT.read_text().split("<< 'SQL'\n")[1].removesuffix("SQL\n")
    return [line.replace(":'password'", "'example'") for line in body.splitlines() if line]


@pytest.mark.timeout(60)
async def test_a_fresh_cluster_can_be_migrated_by_that_login(tmp_path: Path) -> None:
    with await asyncio.to_thread(attach, tmp_path / "cluster", fast=True) as servers:
        connection = await asyncpg.connect(servers.database_url)
        for statement in statements():
            await connection.execute(
                statement.replace("DATABASE postd", "DATABASE fresh")
                .replace("ROLE postd", "ROLE fresh")
                .replace("OWNER postd", "OWNER fresh")
            )
        await connection.close()
        url = schema.named(servers.database_url, "fresh").replace(
            servers.database_url.split("//")[1].split("@")[0], "fresh:example"
        )

        await asyncio.to_thread(schema.upgrade, url, metadata())

        connection = await asyncpg.connect(url)
        row = await connection.fetchrow(
            "SELECT rolsuper, rolbypassrls, pg_has_role('postd_app', 'SET'), pg_has_role('postd_system', 'SET')"
            " FROM pg_roles WHERE rolname = current_user"
        )
        await connection.close()
    assert tuple(row) == (False, False, True, True)
