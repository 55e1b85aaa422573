"""A disconnect leaves nothing of the person behind: canaries are looked for in every column of every table."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.actions.connections.refreshed import refreshed
from app.domain.connections.model import Connection
from app.domain.connections.states import ConnectionState
from app.domain.jobs.states import JobState
from app.flows.connections.disconnect import disconnect
from app.flows.connections.monitor import look_at
from app.flows.connections.tickets import make_ticket
from app.flows.publishing.wake import wake
from connectors.contract import Revocation, Tokens
from connectors.faults import FaultKind
from connectors.secret import Secret
from tests.fixtures.scripted import refusal
from tests.fixtures.world import World, now
from tests.security.canaries import database_text, redis_text

KINDS = ("access", "refresh", "avatar", "name", "profile", "typed")


def canary(world: World, kind: str) -> str:
    """A value that stands nowhere else in the database."""
    return f"canary-{kind}-{world.tenant.hex}"


async def lived(world: World) -> Connection:
    """An account that was connected, repaired, and has published."""
    access, refresh, avatar, name, profile, typed = (canary(world, kind) for kind in KINDS)
    tokens = Tokens(Secret(access), Secret(refresh))
    row = await world.connection("ada", tokens=tokens, avatar_url=avatar, url=profile)
    await world.update("connections", row.id, name=name)
    job = await world.job(row)
    await wake(world.rt, world.tenant, job.id, "worker")
    answer = json.dumps([{"response": json.dumps({"avatar": avatar, "display_name": name})}])
    await world.owner.execute("UPDATE job_attempts SET exchanges = $2 WHERE job_id = $1", job.id, answer)
    await make_ticket(
        world.rt,
        world.tenant,
        "tests",
        platform="scripted",
        method="oauth",
        fields={"identifier": typed},
        missing=(),
        return_to=None,
        repair=row.id,
    )
    return row


async def found(world: World, redis_url: str) -> set[str]:
    """Which canaries stand anywhere."""
    everything = b"".join([*(await database_text(world.owner)).values(), *(await redis_text(redis_url)).values()])
    return {kind for kind in KINDS if canary(world, kind).encode() in everything}


async def test_no_table_holds_anything_of_the_person_any_more(world: World, redis_url: str) -> None:
    row = await lived(world)
    assert await found(world, redis_url) == {"avatar", "name", "profile", "typed"}  # the tokens rest sealed anyway
    await disconnect(world.rt, world.tenant, "key:tests", row.id)
    assert await found(world, redis_url) == set()
    assert await world.owner.fetchval("SELECT count(*) FROM sealed_tokens WHERE connection_id = $1", row.id) == 0
    assert await world.owner.fetchval("SELECT count(*) FROM oauth_flows WHERE tenant_id = $1", world.tenant) == 0


async def test_the_workspaces_own_history_stays(world: World) -> None:
    row = await lived(world)
    await disconnect(world.rt, world.tenant, "key:tests", row.id)
    after = await world.connection_row(row.id)
    assert (after.state, after.handle, after.name, after.external_id) == (
        ConnectionState.REVOKED,
        "@ada",
        "@ada",
        "id:ada",
    )
    states = await world.owner.fetch("SELECT state, platform_ref FROM jobs WHERE connection_id = $1", row.id)
    assert [state["state"] for state in states] == [JobState.PUBLISHED]
    assert states[0]["platform_ref"] is not None
    outcomes = await world.owner.fetch("SELECT outcome FROM job_attempts WHERE tenant_id = $1", world.tenant)
    assert [one["outcome"] for one in outcomes] == ["publish"]


async def test_other_accounts_keep_what_is_theirs(world: World) -> None:
    other = await world.connection("eve", tokens=Tokens(Secret("token-of-eve")), avatar_url="https://cdn.example/eve")
    job = await world.job(other)
    await wake(world.rt, world.tenant, job.id, "worker")
    await world.owner.execute("UPDATE job_attempts SET exchanges = '[{}]' WHERE job_id = $1", job.id)
    await disconnect(world.rt, world.tenant, "key:tests", (await lived(world)).id)
    assert (await world.connection_row(other.id)).avatar_url == "https://cdn.example/eve"
    assert (await world.attempts(job.id))[0].exchanges == [{}]
    assert await world.owner.fetchval("SELECT count(*) FROM sealed_tokens WHERE connection_id = $1", other.id) == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [(None, "the access is ended"), (refusal(FaultKind.PLATFORM_DOWN), "no confirmation: It is platform_down.")],
    ids=["confirmed", "down"],
)
async def test_who_ended_it_and_what_the_platform_said_stands_in_the_audit_log(
    world: World, answer: Any, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await lived(world)

    async def revoke(_cx: object, _access: object) -> Revocation:
        if answer is not None:
            raise answer
        return Revocation()

    monkeypatch.setattr(world.platform, "revoke", revoke)
    await disconnect(world.rt, world.tenant, "key:tests", row.id)
    (entry,) = await world.owner.fetch(
        "SELECT * FROM audit_log WHERE subject_id = $1 AND verb = 'connection.revoke'", row.id
    )
    assert (entry["actor"], entry["verb"]) == ("key:tests", "connection.revoke")
    assert json.loads(entry["details"]) == {"platform": "scripted", "externalId": "id:ada", "platformSaid": said}


async def test_a_renewal_that_ends_after_it_puts_no_token_back(world: World) -> None:
    row = await lived(world)
    await disconnect(world.rt, world.tenant, "key:tests", row.id)
    async with world.db.transaction(world.tenant) as session:
        late = Tokens(Secret("late"), Secret("late"))
        kept = await refreshed(session, world.rt.vault, row.id, late, version=row.token_version, now=now())
    assert kept is None
    assert await world.owner.fetchval("SELECT count(*) FROM sealed_tokens WHERE connection_id = $1", row.id) == 0


async def test_a_look_that_ends_after_it_writes_nothing_back(world: World) -> None:
    row = await lived(world)

    async def disconnected(_task: object, _access: object) -> None:
        await disconnect(world.rt, world.tenant, "key:tests", row.id)

    world.platform.on_check.append(disconnected)
    after = await look_at(world.rt, world.tenant, row.id)
    assert after is not None
    assert (after.state, after.name) == (ConnectionState.REVOKED, "@ada")


async def test_disconnecting_twice_is_fine_and_connecting_again_brings_the_history_back(world: World) -> None:
    row = await lived(world)
    for _ in range(2):
        assert (await disconnect(world.rt, world.tenant, "key:tests", row.id)).state is ConnectionState.REVOKED
    again = await world.connection("ada")
    assert (again.id, again.state, again.name) == (row.id, ConnectionState.HEALTHY, "ada")
