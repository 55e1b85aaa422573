from __future__ import annotations

import asyncio

import pytest

from app.domain.tables import metadata
from app.services import schema
from tests.app.cli.conftest import Postd


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
