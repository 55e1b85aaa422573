from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest

from app.kernel import ids
from tests.app.cli.conftest import Postd
from tests.fixtures.deliveries import comment


@pytest.fixture
async def orphan(migrated: str) -> AsyncIterator[UUID]:
    """Give a delivery that concerned nobody; it holds something that nobody may see."""
    delivery = ids.new()
    body = comment("p1", message="hello", access_token="canary-token-value")
    connection = await asyncpg.connect(migrated)
    await connection.execute(
        "INSERT INTO webhook_deliveries (id, receiver, callback, delivery_key, body, state, attempts, problem) "
        "VALUES ($1, 'meta', '', $2, $3, 'orphan', 1, NULL)",
        delivery,
        str(delivery),
        body,
    )
    yield delivery
    await connection.execute("DELETE FROM webhook_deliveries")
    await connection.close()


def test_orphans_are_listed_and_shown_without_secrets(postd: Postd, orphan: UUID) -> None:
    done = postd("webhooks", "list")
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    assert line.startswith(f"{orphan}  meta  orphan  ")
    shown = postd("webhooks", "list", "--payload", "--platform", "meta", "--state", "orphan").stdout
    assert "hello" in shown
    assert "canary" not in shown
    assert postd("webhooks", "list", "--platform", "linkedin").stdout == ""


def test_an_orphan_is_replayed_once(postd: Postd, orphan: UUID) -> None:
    done = postd("webhooks", "replay", str(orphan))
    assert (done.returncode, done.stdout) == (0, "received\n")
    assert f"{orphan}  meta  received" in postd("webhooks", "list", "--state", "received").stdout
    again = postd("webhooks", "replay", str(orphan))
    assert (again.returncode, "does not wait for a replay" in again.stderr) == (1, True)


def test_what_is_not_there_is_not_replayed(postd: Postd) -> None:
    done = postd("webhooks", "replay", str(ids.new()))
    assert (done.returncode, "does not exist" in done.stderr) == (1, True)
