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


def test_without_a_verify_token_there_is_nothing_to_give_to_meta(postd: Postd) -> None:
    apps = '{"meta": {"client_id": "1", "client_secret": "s"}}'
    done = postd("webhooks", "subscribe", POSTD_APPS=apps)
    assert (done.returncode, done.stdout) == (1, "")
    assert "POSTD_APPS__META__VERIFY_TOKEN" in done.stderr


def test_the_doctor_says_what_webhooks_lack(postd: Postd) -> None:
    app = '"client_id": "1", "client_secret": "s"'
    apps = f'{{"meta": {{{app}, "verify_token": "v"}}, "linkedin_pages": {{{app}}}}}'
    said = postd("doctor", POSTD_APPS=apps).stdout
    assert "webhooks of meta: told at http://127.0.0.1:8000/webhooks/meta" in said
    assert "webhooks of linkedin: not set up" in said
    assert "webhooks of instagram" not in said


def test_by_force_one_that_is_done_is_read_anew(postd: Postd, orphan: UUID) -> None:
    assert postd("webhooks", "replay", str(orphan), "--force").stdout == "received\n"
    assert "does not wait" in postd("webhooks", "replay", str(orphan), "--force").stderr
