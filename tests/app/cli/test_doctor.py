from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from app.domain.tables import metadata
from app.services import schema
from app.services.vault import Keyring, Place, Vault, generate_key
from connectors.secret import Secret
from tests.app.cli.conftest import Postd


async def seal_one(connection: asyncpg.Connection, keys: str) -> None:
    """Keep one client secret under the newest of the keys."""
    tenant, row = uuid4(), uuid4()
    vault = Vault(Keyring.parse(keys))
    blob = vault.seal(Secret("x"), Place(tenant, "platform_apps", row, "client_secret"))
    await connection.execute("INSERT INTO tenants (id, slug, name) VALUES ($1, 'sealed', 'Sealed')", tenant)
    await connection.execute(
        "INSERT INTO platform_apps (id, tenant_id, platform, key, client_id, blob, kek_id) "
        "VALUES ($1, $2, 'mastodon', 'social.test', 'c', $3, $4)",
        row,
        tenant,
        blob,
        vault.newest,
    )


def test_what_is_well_is_said_and_what_is_not_has_a_remedy(postd: Postd) -> None:
    done = postd("doctor")

    assert done.returncode == 1
    assert "ok   vault: newest key" in done.stdout
    assert "ok   platforms: Bluesky, Facebook, Instagram, LinkedIn, Mastodon" in done.stdout
    assert "ok   redis: answers as" in done.stdout
    assert "ok   database: PostgreSQL" in done.stdout
    assert f"ok   schema: {schema.head()}, this release has {schema.head()}" in done.stdout
    assert "FAIL processes: none is running" in done.stdout
    assert "-> Start `postd api` and `postd worker` and `postd scheduler`, or `postd all`." in done.stdout


@pytest.mark.parametrize(
    ("variable", "value", "finding", "remedy"),
    [
        ("POSTD_VAULT_KEYS", None, "FAIL vault: no master key is set", "`postd vault key`"),
        ("POSTD_DATABASE_URL", None, "FAIL database: no address is set", "Set POSTD_DATABASE_URL"),
        ("POSTD_REDIS_URL", None, "FAIL redis: no address is set", "Set POSTD_REDIS_URL"),
        ("POSTD_REDIS_URL", "redis://127.0.0.1:1/0", "FAIL redis:", "Check POSTD_REDIS_URL"),
        ("POSTD_CONNECTORS", "myspace", "FAIL platforms: There is no platform 'myspace'", "Correct POSTD_CONNECTORS"),
        ("POSTD_MIGRATION_URL", "postgresql://x@127.0.0.1:1/x", "FAIL migration login:", "Check POSTD_MIGRATION_URL"),
        ("POSTD_PERSISTED_DOCUMENTS", "gone.json", "gone.json: No such file", "Correct POSTD_PERSISTED_DOCUMENTS"),
        ("POSTD_PERSISTED_ONLY", "true", "FAIL persisted documents: only listed", "Set POSTD_PERSISTED_DOCUMENTS"),
        ("POSTD_LOG_LEVEL", "LOUD", "FAIL setting POSTD_LOG_LEVEL: must be DEBUG", "Correct it"),
        ("POSTD_APPS", "{", "FAIL setting POSTD_APPS: is not JSON", "Correct it"),
        ("POSTD_LEASE", "5", "FAIL setting POSTD_LEASE_MARGIN: must be shorter than POSTD_LEASE", "Correct it"),
        ("POSTD_ENVIRONMENT", "production", "FAIL public url: http://127.0.0.1:8000", "https in POSTD_PUBLIC_URL"),
        ("POSTD_ENVIRONMENT", "production", "FAIL roles: bypass row security", "neither superuser nor BYPASSRLS"),
    ],
)
def test_each_failure_says_what_to_do(
    postd: Postd, variable: str, value: str | None, finding: str, remedy: str
) -> None:
    done = postd("doctor", **{variable: value})

    assert done.returncode == 1
    assert finding in done.stdout
    assert remedy in done.stdout
    assert "Traceback" not in done.stderr


async def test_a_key_that_opens_nothing_is_found(postd: Postd, migrated: str, environment: dict[str, str]) -> None:
    key_id, _, _ = environment["POSTD_VAULT_KEYS"].partition(":")
    connection = await asyncpg.connect(migrated)
    try:
        await seal_one(connection, environment["POSTD_VAULT_KEYS"])
        right = await asyncio.to_thread(postd, "doctor")
        missing = await asyncio.to_thread(postd, "doctor", POSTD_VAULT_KEYS=generate_key())
        _, _, bytes_of_another = generate_key().partition(":")
        wrong = await asyncio.to_thread(postd, "doctor", POSTD_VAULT_KEYS=f"{key_id}:{bytes_of_another}")
    finally:
        await connection.execute("DELETE FROM platform_apps; DELETE FROM tenants WHERE slug = 'sealed'")
        await connection.close()

    assert "ok   sealed secrets: every key that is in use opens what it sealed" in right.stdout
    assert f"FAIL sealed secrets: key {key_id} is not in POSTD_VAULT_KEYS" in missing.stdout
    assert f"FAIL sealed secrets: key {key_id} has other bytes there" in wrong.stdout
    assert "-> Put the key that sealed them back behind the newest one" in wrong.stdout


async def test_listed_documents_are_counted(postd: Postd, tmp_path: Path) -> None:
    text = "{ viewer { scopes } }"
    listed, broken = tmp_path / "listed.json", tmp_path / "broken.json"
    listed.write_text(json.dumps({hashlib.sha256(text.encode()).hexdigest(): text}))
    broken.write_text("[]")

    assert f"ok   persisted documents: 1 in {listed}" in postd("doctor", POSTD_PERSISTED_DOCUMENTS=str(listed)).stdout
    assert "FAIL persisted documents" in postd("doctor", POSTD_PERSISTED_DOCUMENTS=str(broken)).stdout


@pytest.mark.parametrize(
    "command", [("api",), ("worker",), ("scheduler",), ("all",), ("migrate",), ("vault", "status")]
)
def test_a_setting_that_cannot_be_used_is_a_sentence_for_each_command(postd: Postd, command: tuple[str, ...]) -> None:
    done = postd(*command, POSTD_LOG_LEVEL="LOUD")

    assert done.returncode == 1
    assert done.stderr == (
        "Some settings cannot be used; .env.example has each with its meaning.\n"
        "  POSTD_LOG_LEVEL: must be DEBUG, INFO, WARNING or ERROR.\n"
    )


async def test_an_old_schema_is_found(postd: Postd, migrated: str) -> None:
    await asyncio.to_thread(schema.downgrade, migrated, metadata(), "0005")
    try:
        done = await asyncio.to_thread(postd, "doctor")
    finally:
        await asyncio.to_thread(schema.upgrade, migrated, metadata())

    assert f"FAIL schema: 0005, this release has {schema.head()}" in done.stdout
    assert "-> Run `postd migrate`." in done.stdout


@pytest.mark.parametrize("role", ["api", "worker", "scheduler"])
def test_a_probe_fails_where_no_such_process_lives(postd: Postd, role: str) -> None:
    done = postd("doctor", "--probe", role)

    assert (done.returncode, done.stdout) == (1, "")
