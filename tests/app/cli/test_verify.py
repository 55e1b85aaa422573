from __future__ import annotations

from uuid import UUID

import asyncpg
import orjson

from app.flows.upkeep.invariants import INVARIANTS
from tests.app.cli.conftest import Postd


def test_a_whole_database_passes_and_says_how_much_was_looked_at(postd: Postd) -> None:
    postd("tenant", "create", "whole")
    done = postd("verify", "--tenant", "whole")
    assert (done.returncode, done.stdout) == (0, f"{len(INVARIANTS)} invariants in 1 workspaces: all hold.\n")


async def test_what_is_broken_is_named_with_its_sentence(postd: Postd, migrated: str) -> None:
    tenant = UUID(postd("tenant", "create", "lost").stdout.split()[1])
    owner = await asyncpg.connect(migrated)
    await owner.execute(
        "INSERT INTO events VALUES ($1, 1, now(), 'x', 'x', $1, 'x', '{}'), ($1, 3, now(), 'x', 'x', $1, 'x', '{}')",
        tenant,
    )
    await owner.execute("UPDATE tenants SET event_seq = 3 WHERE id = $1", tenant)
    await owner.close()
    done = postd("verify", "--tenant", "lost")
    assert done.returncode == 1
    assert f"17 events_have_no_gap in workspace {tenant}: broken by 1." in done.stdout
    assert "numbered without a gap" in done.stdout
    found = orjson.loads(postd("verify", "--json").stdout)
    assert (found["holds"], found["invariants"]) == (False, len(INVARIANTS))
    (finding,) = found["findings"]
    assert (finding["number"], finding["name"], finding["workspace"]) == (17, "events_have_no_gap", str(tenant))
    assert (finding["count"], finding["ids"], finding["finished"]) == (1, [str(tenant)], True)


def test_a_workspace_that_is_not_there_is_refused(postd: Postd) -> None:
    done = postd("verify", "--tenant", "nobody")
    assert done.returncode == 1
    assert "postd tenant create nobody" in done.stderr
