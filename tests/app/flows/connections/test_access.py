from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.actions.connections.connect import Connect, connect
from app.actions.connections.switch import revoke
from app.domain.connections.model import Connection
from app.domain.connections.states import ConnectionState
from app.flows.connections import alone
from app.flows.connections.access import ready
from app.flows.connections.monitor import look_at
from connectors.contract import Access, Account, AccountGrant, Tokens
from connectors.faults import FaultKind, PlatformFault
from connectors.secret import Secret
from tests.fixtures.scripted import refusal
from tests.fixtures.world import World, now

K = FaultKind


def tokens(name: str, *, minutes: float = 1, refresh: bool = True) -> Tokens:
    """Tokens that die in so many minutes; ten is when they are renewed."""
    return Tokens(Secret(name), Secret(f"r-{name}") if refresh else None, expires_at=now() + timedelta(minutes=minutes))


async def get(world: World, row: Connection, stale: Tokens | None = None) -> Access:
    return await ready(world.rt, world.rt.connector_context("scripted"), world.tenant, row.id, stale=stale)


async def test_fresh_tokens_are_taken_as_they_are(world: World) -> None:
    row = await world.connection(tokens=tokens("t", minutes=60))
    held = await get(world, row)
    assert (held.tokens.access.reveal(), world.platform.calls) == ("t", [])
    assert held.account.external_id == row.external_id


async def test_tokens_that_die_soon_are_renewed_and_kept(world: World) -> None:
    row = await world.connection(tokens=tokens("t"))
    assert (await get(world, row)).tokens.access.reveal() == "access-1"
    assert (await get(world, row)).tokens.access.reveal() == "access-1"
    assert world.platform.calls == ["refresh"]
    assert (await world.connection_row(row.id)).token_version == 2


async def test_tokens_that_cannot_be_renewed_are_taken_as_they_are(world: World) -> None:
    row = await world.connection(tokens=tokens("t", refresh=False))
    assert (await get(world, row)).tokens.access.reveal() == "t"
    assert world.platform.calls == []


async def test_refused_tokens_are_renewed_although_they_look_alive(world: World) -> None:
    row = await world.connection(tokens=tokens("t", minutes=60))
    stale = (await get(world, row)).tokens
    assert (await get(world, row, stale)).tokens.access.reveal() == "access-1"
    assert (await get(world, row, stale)).tokens.access.reveal() == "access-1"
    assert world.platform.calls == ["refresh"]


async def test_thirty_at_once_renew_once(world: World) -> None:
    """More of them than the pool has connections."""
    row = await world.connection(tokens=tokens("t"))
    let_go = asyncio.Event()

    async def slow(_: Any, access: Access) -> Tokens:
        await let_go.wait()
        return Tokens(Secret("new"), Secret("r-new"), expires_at=now() + timedelta(hours=1))

    world.platform.on_refresh.append(slow)
    waiting = [asyncio.create_task(get(world, row)) for _ in range(30)]
    while "refresh" not in world.platform.calls:  # noqa: ASYNC110 -- the platform is called by one of the tasks
        await asyncio.sleep(0.005)
    let_go.set()
    found = await asyncio.gather(*waiting)
    assert {access.tokens.access.reveal() for access in found} == {"new"}
    assert world.platform.calls == ["refresh"]


async def test_who_renews_shows_the_database_that_it_lives(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that was stopped meanwhile says nothing, and its lock goes with its session."""
    monkeypatch.setattr(alone, "BEAT", 0.02)
    row = await world.connection(tokens=tokens("t"))
    holder = """
        SELECT query_start FROM pg_stat_activity JOIN pg_locks USING (pid)
        WHERE locktype = 'advisory' AND datname = current_database()
    """
    seen: set[Any] = set()

    async def slow(_: Any, __: Access) -> Tokens:
        while len(seen) < 3:
            seen.update(row["query_start"] for row in await world.owner.fetch(holder))
            await asyncio.sleep(0.01)
        return Tokens(Secret("new"), Secret("r-new"), expires_at=now() + timedelta(hours=1))

    world.platform.on_refresh.append(slow)
    assert (await get(world, row)).tokens.access.reveal() == "new"
    assert alone.BEAT < 15


async def test_after_a_lost_answer_the_tokens_before_are_tried(world: World) -> None:
    row = await world.connection("ada", tokens=tokens("one"))
    await get(world, row)  # one -> access-1; the platform never learned that we have it
    await world.owner.execute("UPDATE connections SET token_expires_at = clock_timestamp()")
    stale = (await get(world, row)).tokens
    tried: list[str] = []

    async def refuse(_: Any, access: Access) -> Tokens:
        tried.append((access.tokens.refresh or Secret("")).reveal())
        raise refusal(K.AUTH_EXPIRED)

    async def accept(_: Any, access: Access) -> Tokens:
        tried.append((access.tokens.refresh or Secret("")).reveal())
        return Tokens(Secret("two"), Secret("r-two"), expires_at=now() + timedelta(hours=1))

    world.platform.on_refresh.extend([refuse, accept])
    assert (await get(world, row, stale)).tokens.access.reveal() == "two"
    assert tried == ["refresh-1", "r-one"]


async def test_a_dead_grant_is_told(world: World) -> None:
    row = await world.connection(tokens=tokens("t"))
    world.platform.on_refresh.append(refusal(K.AUTH_EXPIRED))
    with pytest.raises(PlatformFault) as caught:
        await get(world, row)
    assert caught.value.fault.kind is K.AUTH_EXPIRED
    assert (await world.connection_row(row.id)).token_version == 1


async def test_a_platform_that_is_down_leaves_the_tokens(world: World) -> None:
    row = await world.connection(tokens=tokens("t"))
    world.platform.on_refresh.append(refusal(K.UNREACHABLE))
    with pytest.raises(PlatformFault) as caught:
        await get(world, row)
    assert caught.value.fault.kind is K.UNREACHABLE
    assert (await get(world, row)).tokens.access.reveal() == "access-2"


async def test_tokens_of_a_reconnect_during_a_renewal_win(world: World) -> None:
    row = await world.connection("ada", tokens=tokens("t"))

    async def slow(_: Any, access: Access) -> Tokens:
        account = Account("id:ada", "@ada", "ada", "https://scripted.example")
        grant = AccountGrant(account, tokens("by hand", minutes=60))
        async with world.db.transaction(world.tenant) as session:
            await connect(session, world.rt.vault, Connect("scripted", grant, now(), timedelta(minutes=1)))
        return tokens("slow", minutes=60)

    world.platform.on_refresh.append(slow)
    assert (await get(world, row)).tokens.access.reveal() == "by hand"
    assert (await get(world, row)).tokens.access.reveal() == "by hand"


async def test_a_revoked_connection_has_no_access(world: World) -> None:
    row = await world.connection()
    async with world.db.transaction(world.tenant) as session:
        await revoke(session, row.id, message="Gone.")
    with pytest.raises(PlatformFault, match="was disconnected"):
        await get(world, row)


async def test_the_monitor_asks_twice_before_it_tells_the_user(world: World) -> None:
    row = await world.connection(tokens=tokens("t", minutes=60))
    world.platform.on_check.append(refusal(K.AUTH_EXPIRED))
    after = await look_at(world.rt, world.tenant, row.id)
    assert after is not None
    assert (after.state, world.platform.calls) == (ConnectionState.HEALTHY, ["check", "refresh", "check"])
    world.platform.on_check.extend([refusal(K.AUTH_EXPIRED)] * 2)
    world.clock.ahead = timedelta(days=1)
    after = await look_at(world.rt, world.tenant, row.id)
    assert after is not None
    assert after.state is ConnectionState.ATTENTION


async def test_the_monitor_leaves_alone_what_is_switched_off(world: World) -> None:
    row = await world.connection()
    await world.update("connections", row.id, state="paused")
    assert await look_at(world.rt, world.tenant, row.id) is None
    assert world.platform.calls == []
