"""What these tests share: a served API with the simulated platforms, and two workspaces in one database."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.fixtures.database import db, migrated_url, owner, template
from tests.fixtures.graph import graph, live_world, other_graph, url
from tests.fixtures.site import api, browser, log, sandbox, site
from tests.fixtures.world import stranger, world

__all__ = [
    "api",
    "browser",
    "db",
    "graph",
    "live_world",
    "log",
    "migrated_url",
    "other_graph",
    "owner",
    "sandbox",
    "site",
    "stranger",
    "template",
    "url",
    "world",
]


@pytest.fixture(scope="module")
async def login_url(migrated_url: str, owner: asyncpg.Pool) -> AsyncIterator[str]:
    """Give the module's database through a login as production has it: it takes the two roles and nothing more."""
    name, password = f"login_{secrets.token_hex(6)}", f"canary-{secrets.token_hex(16)}"
    await owner.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}' NOSUPERUSER NOBYPASSRLS")
    await owner.execute(f"GRANT postd_app, postd_system TO {name}")
    yield f"postgresql://{name}:{password}@{migrated_url.rpartition('@')[2]}"
    await owner.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1 AND pid <> pg_backend_pid()", name
    )
    await owner.execute(f"DROP ROLE {name}")
