from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import orjson

from tests.app.cli.conftest import Postd

ACCOUNTS = """
    INSERT INTO connections (id, tenant_id, platform, external_id, kind, handle, name, server, state, method,
                             next_check_at, token_expires_at)
    SELECT gen_random_uuid(), $1, 'bluesky', number::text, 'profile', '@x', 'X', 'https://x.example', 'healthy',
           'oauth', now(), now() + number * interval '20 hours'
    FROM generate_series(1, 3) AS number
"""


def parts(told: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["state"] for one in told["checks"]}


async def test_the_installation_and_a_workspace_are_told_in_words_and_as_json(postd: Postd, migrated: str) -> None:
    tenant = UUID(postd("tenant", "create", "seen").stdout.split()[1])
    postd("tenant", "create", "other")
    owner = await asyncpg.connect(migrated)
    await owner.execute(ACCOUNTS, tenant)
    total = await owner.fetchval("SELECT count(*) FROM connections WHERE state = 'healthy'")
    await owner.close()

    whole = postd("health", "--json")
    assert whole.returncode == 1  # nobody works here
    told = orjson.loads(whole.stdout)
    assert {parts(told)[name] for name in ("database", "migrations", "redis", "storage", "clock", "bus")} == {"ok"}
    assert {parts(told)[name] for name in ("api", "workers", "schedulers")} == {"down"}
    assert told["checks"][0]["since"] is not None
    assert (told["connections"]["by_state"]["healthy"], told["readiness"]) == (total, None)

    own = orjson.loads(postd("health", "--tenant", "seen", "--json").stdout)
    seen = own["connections"]
    assert (seen["by_state"]["healthy"], seen["expiring_day"], seen["expiring_week"]) == (3, 1, 3)
    assert own["readiness"]["counts"] == {"ready": 0, "at_risk": 0, "blocked": 0}
    assert own["queue"]["depth"]["failed"] == 0
    assert own["checks"][0]["since"] == told["checks"][0]["since"]  # another process, the same moment

    words = postd("health", "--tenant", "other")
    assert "down      workers: No worker is running: posts wait. Start one with `postd worker`. (since " in words.stdout
    assert "connections: 0 healthy, 0 expiring soon, 0 attention, 0 revoked, 0 paused; access ends" in words.stdout
    assert "due within 24 h: 0 ready, 0 at risk, 0 blocked" in words.stdout


def test_the_health_of_a_workspace_that_is_not_there_is_refused(postd: Postd) -> None:
    done = postd("health", "--tenant", "nobody")
    assert done.returncode == 1
    assert "postd tenant create nobody" in done.stderr
