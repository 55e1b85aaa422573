from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.actions.connections.connect import Connect, connect
from app.actions.connections.refreshed import refreshed
from app.actions.connections.switch import pause, resume, revoke
from app.actions.connections.tokens import CURRENT, PREVIOUS, load
from app.domain.connections.errors import ConnectionStateRefused, DifferentAccount
from app.domain.connections.model import Connection
from app.domain.connections.states import ConnectionState
from app.kernel.errors import NotFound
from app.services.vault import SealBroken
from connectors.contract import Account, AccountGrant, Tokens
from connectors.secret import Secret
from tests.fixtures.world import World, now

S = ConnectionState
ADA = Account("id:ada", "@ada", "Ada", "https://scripted.example")


def grant(token: str = "access", account: Account = ADA, **tokens: Any) -> AccountGrant:
    return AccountGrant(account, Tokens(Secret(token), **tokens))


async def link(world: World, given: AccountGrant, repair: UUID | None = None) -> Connection:
    async with world.db.transaction(world.tenant) as session:
        command = Connect("scripted", given, now(), timedelta(minutes=1), repair=repair)
        return await connect(session, world.rt.vault, command)


async def token(world: World, connection: Connection, field: str = CURRENT) -> str | None:
    async with world.db.read(world.tenant) as session:
        found = await load(session, world.rt.vault, connection, field)
    return found.access.reveal() if found else None


async def test_a_new_account_is_connected(world: World) -> None:
    expires = now() + timedelta(hours=1)
    row = await link(world, grant(expires_at=expires, refresh=Secret("r"), scopes=("write",)))
    assert (row.state, row.handle, row.token_version, row.refreshes_itself) == (S.HEALTHY, "@ada", 1, True)
    assert (row.token_expires_at, row.granted_scopes) == (None, ["write"])  # it renews itself
    assert await token(world, row) == "access"
    assert await token(world, row, PREVIOUS) is None
    assert await world.types(row.id) == ["connection.connected"]


async def test_the_same_account_is_one_connection(world: World) -> None:
    first = await link(world, grant("old"))
    second = await link(world, grant("new", replace(ADA, handle="@lovelace")))
    assert second.id == first.id
    assert (second.handle, second.token_version) == ("@lovelace", 2)
    assert (await token(world, second), await token(world, second, PREVIOUS)) == ("new", "old")


async def test_two_callbacks_at_once_make_one_connection(world: World) -> None:
    rows = await asyncio.gather(*(link(world, grant(f"token-{number}")) for number in range(5)))
    assert len({row.id for row in rows}) == 1
    assert (await world.connection_row(rows[0].id)).token_version == 5


async def test_a_revoked_connection_is_revived(world: World) -> None:
    row = await link(world, grant("old"))
    async with world.db.transaction(world.tenant) as session:
        await revoke(session, row.id, message="The user has left.")
    revived = await link(world, grant("new"))
    assert (revived.id, revived.state, revived.reason) == (row.id, S.HEALTHY, None)
    assert (await token(world, revived), await token(world, revived, PREVIOUS)) == ("new", None)


async def test_a_repair_takes_the_same_account_only(world: World) -> None:
    row = await link(world, grant("old"))
    with pytest.raises(DifferentAccount, match=r"^You granted access to @eve, but this connection is @ada\.$"):
        await link(world, grant("evil", Account("id:eve", "@eve", "Eve", "https://scripted.example")), row.id)
    assert await token(world, row) == "old"
    assert (await link(world, grant("new"), row.id)).id == row.id


async def test_nobody_elses_connection_is_repaired(world: World, stranger: World) -> None:
    row = await link(stranger, grant())
    with pytest.raises(NotFound):
        await link(world, grant(), row.id)


async def test_two_tenants_may_connect_one_account(world: World, stranger: World) -> None:
    assert (await link(world, grant())).id != (await link(stranger, grant())).id


async def renew(world: World, row: Connection, given: str, version: int) -> Connection | None:
    async with world.db.transaction(world.tenant) as session:
        tokens = Tokens(Secret(given), Secret(f"r-{given}"))
        return await refreshed(session, world.rt.vault, row.id, tokens, version=version, now=now())


async def test_a_refresh_replaces_what_it_was_made_from(world: World) -> None:
    row = await link(world, grant("old"))
    assert await renew(world, row, "new", 1) is not None
    assert (await token(world, row), await token(world, row, PREVIOUS)) == ("new", "old")
    assert (await world.connection_row(row.id)).token_version == 2


async def test_a_slow_refresh_never_overwrites_newer_tokens(world: World) -> None:
    row = await link(world, grant("old"))
    await link(world, grant("by hand"))
    assert await renew(world, row, "slow", 1) is None
    assert (await token(world, row), await token(world, row, PREVIOUS)) == ("by hand", "old")


async def test_of_two_refreshes_of_one_version_one_is_kept(world: World) -> None:
    row = await link(world, grant("old"))
    kept = await asyncio.gather(renew(world, row, "a", 1), renew(world, row, "b", 1))
    assert sum(one is not None for one in kept) == 1
    assert (await world.connection_row(row.id)).token_version == 2


async def test_a_pause_and_a_resume(world: World) -> None:
    row = await link(world, grant())
    async with world.db.transaction(world.tenant) as session:
        paused = await pause(session, row.id)
        assert (paused.state, paused.reason and paused.reason["code"]) == (S.PAUSED, "paused")
    moment = now()
    async with world.db.transaction(world.tenant) as session:
        resumed = await resume(session, row.id, now=moment)
    assert (resumed.state, resumed.reason, resumed.next_check_at) == (S.HEALTHY, None, moment)
    assert await world.types(row.id) == ["connection.connected", "connection.paused", "connection.resumed"]


async def test_what_runs_is_not_resumed(world: World) -> None:
    row = await link(world, grant())
    with pytest.raises(ConnectionStateRefused):
        async with world.db.transaction(world.tenant) as session:
            await resume(session, row.id, now=now())
    assert (await world.connection_row(row.id)).revision == row.revision


async def test_what_has_ended_is_not_paused(world: World) -> None:
    row = await link(world, grant())
    async with world.db.transaction(world.tenant) as session:
        await revoke(session, row.id, message="Gone.")
    with pytest.raises(ConnectionStateRefused):
        async with world.db.transaction(world.tenant) as session:
            await pause(session, row.id)
    assert (await world.connection_row(row.id)).state is S.REVOKED


async def test_a_revoked_connection_has_no_tokens(world: World) -> None:
    row = await link(world, grant(expires_at=now() + timedelta(hours=1)))
    await renew(world, row, "new", 1)
    async with world.db.transaction(world.tenant) as session:
        await revoke(session, row.id, message="Gone.")
    left = await world.owner.fetchval("SELECT count(*) FROM sealed_tokens WHERE connection_id = $1", row.id)
    known = await world.connection_row(row.id)
    assert (left, known.token_expires_at, known.reason and known.reason["message"]) == (0, None, "Gone.")


async def test_tokens_of_another_row_do_not_open(world: World) -> None:
    row, other = await link(world, grant("one")), await world.connection()
    await world.owner.execute(
        "UPDATE sealed_tokens SET blob = (SELECT blob FROM sealed_tokens WHERE connection_id = $1) "
        "WHERE connection_id = $2",
        row.id,
        other.id,
    )
    with pytest.raises(SealBroken):
        await token(world, other)


async def test_tokens_of_another_tenant_do_not_open(world: World, stranger: World) -> None:
    row, other = await link(world, grant("one")), await link(stranger, grant("two"))
    await world.owner.execute(
        "UPDATE sealed_tokens SET blob = (SELECT blob FROM sealed_tokens WHERE connection_id = $1) "
        "WHERE connection_id = $2",
        row.id,
        other.id,
    )
    with pytest.raises(SealBroken):
        await token(stranger, other)


async def test_tokens_of_another_field_do_not_open(world: World) -> None:
    row = await link(world, grant("old"))
    await renew(world, row, "new", 1)
    await world.owner.execute(
        "UPDATE sealed_tokens SET blob = (SELECT blob FROM sealed_tokens WHERE connection_id = $1 AND "
        "field = 'previous') WHERE connection_id = $1 AND field = 'current'",
        row.id,
    )
    with pytest.raises(SealBroken):
        await token(world, row)


async def test_no_token_rests_in_the_clear(world: World) -> None:
    await link(world, grant("very-secret-token"))
    rows = await world.owner.fetch("SELECT encode(blob, 'escape') AS blob FROM sealed_tokens")
    assert all("very-secret-token" not in row["blob"] for row in rows)


async def test_who_granted_access_and_when_is_kept_for_webhooks(world: World) -> None:
    first = await link(world, grant(account=replace(ADA, owner_id="person-1")))
    again = await link(world, grant(account=replace(ADA, owner_id="person-2")))
    assert (first.owner_id, again.owner_id, again.id) == ("person-1", "person-2", first.id)
    assert first.granted_at is not None
    assert again.granted_at is not None
    assert again.granted_at > first.granted_at
