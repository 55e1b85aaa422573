"""Sealed rows that were moved in the database: nothing opens, nothing is sent, and it is said what to do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.actions.connections.connect import Connect, connect
from app.actions.connections.tokens import CURRENT, PREVIOUS, TABLE
from app.domain.connections.model import Connection
from app.domain.connections.states import ConnectionState
from app.domain.jobs.states import JobState, ParkReason
from app.flows.connections.disconnect import disconnect
from app.flows.connections.monitor import look_at
from app.flows.publishing.wake import wake
from app.services.vault import Keyring, Place, SealBroken, Vault, generate_key
from connectors.contract import Account, AccountGrant, Tokens
from connectors.secret import Secret
from tests.fixtures.world import World, now

TOKENS = ("canary-of-the-first", "canary-of-the-second")


async def connected(world: World, token: str) -> Connection:
    """An account with this token."""
    return await world.connection(tokens=Tokens(Secret(token)))


async def swap(world: World, one: Connection, other: Connection) -> None:
    """Exchange two connections' sealed tokens, as someone does who can write to the database and has no key."""
    await world.owner.execute(
        "UPDATE sealed_tokens AS mine SET blob = theirs.blob FROM sealed_tokens AS theirs "
        "WHERE mine.connection_id = ANY($1) AND theirs.connection_id = ANY($1) "
        "AND mine.connection_id <> theirs.connection_id AND mine.field = theirs.field",
        [one.id, other.id],
    )


async def blob(world: World, connection: Connection, field: str = CURRENT) -> bytes:
    """What rests sealed."""
    query = "SELECT blob FROM sealed_tokens WHERE connection_id = $1 AND field = $2"
    found: bytes = await world.owner.fetchval(query, connection.id, field)
    return found


async def state(world: World, connection: Connection) -> ConnectionState:
    """How the connection stands."""
    return (await world.connection_row(connection.id)).state


@pytest.mark.parametrize("across", [True, False], ids=["of two tenants", "of one tenant"])
async def test_swapped_tokens_open_nothing_and_park_the_post(world: World, stranger: World, across: bool) -> None:
    other_world = stranger if across else world
    mine, theirs = await connected(world, TOKENS[0]), await connected(other_world, TOKENS[1])
    jobs = [(world, await world.job(mine)), (other_world, await other_world.job(theirs))]
    await swap(world, mine, theirs)
    with pytest.raises(SealBroken):
        world.rt.vault.open(await blob(world, mine), Place(world.tenant, TABLE, mine.id, CURRENT))
    for owner, job in jobs:
        await wake(owner.rt, owner.tenant, job.id, "worker")
        after = await owner.row(job.id)
        assert (after.state, after.park_reason, after.attempts) == (JobState.PARKED, ParkReason.CONNECTION, 0)
        assert after.fault is not None
        assert (after.fault["kind"], after.fault["code"]) == ("auth_expired", "tokens_unreadable")
        assert "Reconnect" in after.fault["hint"]
        assert await state(owner, mine if owner is world and job.id == jobs[0][1].id else theirs) is (
            ConnectionState.ATTENTION
        )
        said = repr([after.fault, *(row.changes for row in await owner.events())])
        assert not any(token in said for token in TOKENS)
    assert world.platform.calls == []


async def test_a_field_moved_within_a_row_opens_nothing(world: World) -> None:
    connection = await connected(world, TOKENS[0])
    await world.owner.execute(
        "INSERT INTO sealed_tokens (id, tenant_id, connection_id, field, blob, kek_id, version) "
        "SELECT gen_random_uuid(), tenant_id, connection_id, $2, blob, kek_id, 0 FROM sealed_tokens "
        "WHERE connection_id = $1",
        connection.id,
        PREVIOUS,
    )
    with pytest.raises(SealBroken):
        world.rt.vault.open(
            await blob(world, connection, PREVIOUS), Place(world.tenant, TABLE, connection.id, PREVIOUS)
        )


async def test_the_monitor_finds_it_before_a_post_does(world: World, stranger: World) -> None:
    mine, theirs = await connected(world, TOKENS[0]), await connected(stranger, TOKENS[1])
    await swap(world, mine, theirs)
    await look_at(world.rt, world.tenant, mine.id)
    assert await state(world, mine) is ConnectionState.ATTENTION
    assert world.platform.calls == []


async def test_connecting_again_mends_it_and_lets_the_post_out(world: World, stranger: World) -> None:
    mine, theirs = await connected(world, TOKENS[0]), await connected(stranger, TOKENS[1])
    job = await world.job(mine)
    await swap(world, mine, theirs)
    await wake(world.rt, world.tenant, job.id, "worker")
    await again(world, mine)
    assert await state(world, mine) is ConnectionState.HEALTHY
    await world.set(job.id, state="scheduled", park_reason=None, wake_at=now())
    await wake(world.rt, world.tenant, job.id, "worker")
    assert (await world.row(job.id)).state is JobState.PUBLISHED
    assert world.platform.tokens_seen == ["canary-fresh"]
    left = await world.owner.fetch("SELECT field FROM sealed_tokens WHERE connection_id = $1", mine.id)
    assert [row["field"] for row in left] == [CURRENT]  # what did not open is not kept as the tokens before


async def again(world: World, connection: Connection) -> None:
    """The user connects the same account again."""
    account = Account(connection.external_id, connection.handle, connection.name, server=connection.server)
    grant = AccountGrant(account, Tokens(Secret("canary-fresh")))
    async with world.db.transaction(world.tenant) as session:
        command = Connect("scripted", grant, now(), timedelta(minutes=1), repair=connection.id)
        await connect(session, world.rt.vault, command)


async def test_a_master_key_that_is_missing_asks_no_user_to_reconnect(world: World) -> None:
    connection = await connected(world, TOKENS[0])
    job = await world.job(connection)
    elsewhere = Vault(Keyring.parse(generate_key()))
    sealed = elsewhere.seal(Secret("{}"), Place(world.tenant, TABLE, connection.id, CURRENT))
    await world.owner.execute("UPDATE sealed_tokens SET blob = $2 WHERE connection_id = $1", connection.id, sealed)
    await wake(world.rt, world.tenant, job.id, "worker")
    after = await world.row(job.id)
    assert after.state is JobState.RETRYING  # the operator can mend it, and then the post goes out
    assert after.fault is not None
    assert after.fault["code"] == "master_key_missing"
    assert "operator" in after.fault["hint"]
    assert await state(world, connection) is ConnectionState.HEALTHY
    assert world.platform.calls == []


async def test_an_account_is_disconnected_although_its_tokens_do_not_open(world: World, stranger: World) -> None:
    mine, theirs = await connected(world, TOKENS[0]), await connected(stranger, TOKENS[1])
    await swap(world, mine, theirs)
    ended = await disconnect(world.rt, world.tenant, "tests", mine.id)
    assert ended.state is ConnectionState.REVOKED
    assert await world.owner.fetchval("SELECT count(*) FROM sealed_tokens WHERE connection_id = $1", mine.id) == 0
    assert world.platform.calls == []
    assert len(await world.owner.fetch("SELECT 1 FROM sealed_tokens WHERE connection_id = $1", theirs.id)) == 1
