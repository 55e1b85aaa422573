"""What production refuses at its start."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
import structlog
from pydantic import SecretStr

from app.flows.boot import BootRefused, examine, refusals
from app.flows.runtime import Runtime
from app.kernel.settings import Environment
from app.services import schema
from app.services.db import Database
from app.services.vault import generate_key
from tests.fixtures.world import World

URL = "https://postd.example"


@pytest.fixture
async def plain(migrated_url: str, owner: asyncpg.Pool) -> AsyncIterator[Database]:
    """Give the database through a login as production has it: it takes the two roles and nothing more."""
    name = await owner.fetchval("SELECT 'plain_' || substr(md5(random()::text), 1, 12)")
    await owner.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'plain' NOSUPERUSER NOBYPASSRLS")
    await owner.execute(f"GRANT postd_app, postd_system TO {name}")
    place = migrated_url.rpartition("@")[2]
    database = Database(f"postgresql://{name}:plain@{place}")
    yield database
    await database.close()
    await owner.execute(f"DROP ROLE {name}")


def production(world: World, db: Database, folder: Path, **changes: object) -> Runtime:
    """A runtime in production."""
    known = {"environment": Environment.PRODUCTION, "public_url": URL, "data_dir": folder}
    keys = {"vault_keys": SecretStr(generate_key())}
    return replace(world.rt, db=db, settings=world.rt.settings.model_copy(update={**known, **keys, **changes}))


async def test_a_sound_installation_starts(world: World, plain: Database, tmp_path: Path) -> None:
    rt = production(world, plain, tmp_path)
    assert await refusals(rt) == []
    await examine(rt)


async def test_plain_http_is_refused(world: World, plain: Database, tmp_path: Path) -> None:
    rt = production(world, plain, tmp_path, public_url="http://postd.example")
    (reason,) = await refusals(rt)
    assert reason.startswith("POSTD_PUBLIC_URL is http://postd.example.")
    with pytest.raises(BootRefused, match="POSTD_PUBLIC_URL"):
        await examine(rt)


async def test_the_development_key_is_refused(world: World, plain: Database, tmp_path: Path) -> None:
    key = generate_key()
    (tmp_path / "vault_keys").write_text(f"{key}\n")
    rt = production(world, plain, tmp_path, vault_keys=SecretStr(key))
    (reason,) = await refusals(rt)
    assert reason.startswith(f"The master key is the development key in {tmp_path / 'vault_keys'}")
    assert key.partition(":")[2] not in reason


async def test_a_login_past_row_security_is_refused(world: World, tmp_path: Path, owner: asyncpg.Pool) -> None:
    rt = production(world, world.db, tmp_path)
    login = await owner.fetchval("SELECT session_user")
    (reason,) = await refusals(rt)
    assert reason.startswith(f"The database role {login} bypasses row-level security")


async def test_missing_migrations_are_refused(
    world: World, plain: Database, tmp_path: Path, owner: asyncpg.Pool
) -> None:
    await owner.execute("UPDATE alembic_version SET version_num = '0001'")
    try:
        (reason,) = await refusals(production(world, plain, tmp_path))
    finally:
        await owner.execute("UPDATE alembic_version SET version_num = $1", schema.head())
    assert reason == f"The database's schema is at 0001, this release needs {schema.head()}. Run `postd migrate`."


async def test_a_database_that_is_away_is_refused(world: World, tmp_path: Path) -> None:
    away = Database("postgresql://nobody:nothing@127.0.0.1:1/none")
    (reason,) = await refusals(production(world, away, tmp_path))
    await away.close()
    assert reason.startswith("The database cannot be used (ConnectionRefusedError).")
    assert "nothing" not in reason


async def test_development_says_so_and_goes_on(world: World, tmp_path: Path) -> None:
    rt = production(world, world.db, tmp_path, environment=Environment.DEVELOPMENT, public_url="http://127.0.0.1:8000")
    with structlog.testing.capture_logs() as lines:
        await examine(rt)
    assert [line["event"] for line in lines] == ["boot.not_for_production"] * 2


async def test_talkative_logs_are_refused(world: World, plain: Database, tmp_path: Path) -> None:
    rt = production(world, plain, tmp_path, log_level="DEBUG")
    (reason,) = await refusals(rt)
    assert reason.startswith("POSTD_LOG_LEVEL is DEBUG")
