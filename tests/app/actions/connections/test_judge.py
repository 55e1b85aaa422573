from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.actions.connections.judge import Look, judge
from app.domain.connections.model import Connection
from app.domain.connections.states import ConnectionState
from connectors.contract import Account, Tokens
from connectors.faults import FaultKind
from connectors.secret import Secret
from tests.fixtures.scripted import fault
from tests.fixtures.world import World, now

S, K = ConnectionState, FaultKind
DAY = timedelta(days=1)


async def see(world: World, row: Connection, **seen: Any) -> Connection:
    what = seen.pop("what", "check")
    async with world.db.transaction(world.tenant) as session:
        return await judge(session, Look(row.id, what, now(), 7 * DAY, timedelta(minutes=1), **seen))


async def dying(world: World, state: ConnectionState = S.HEALTHY) -> Connection:
    row = await world.connection(tokens=Tokens(Secret("t"), expires_at=now() + DAY))
    await world.update("connections", row.id, state=state)
    return row


async def test_a_good_look_changes_no_state_and_tells_nothing(world: World) -> None:
    row = await world.connection()
    account = Account(row.external_id, "@new", "New", row.server, limits={"text.length": 7})
    after = await see(world, row, account=account)
    assert (after.state, after.handle, after.account_limits) == (S.HEALTHY, "@new", {"text.length": 7})
    assert after.next_check_at > now()
    assert await world.types(row.id) == ["connection.connected"]
    checks = await world.owner.fetch("SELECT what, ok, fault FROM connection_checks WHERE connection_id = $1", row.id)
    assert [tuple(check) for check in checks] == [("check", True, None)]


async def test_a_platform_that_is_down_says_nothing_about_the_account(world: World) -> None:
    row = await world.connection()
    after = await see(world, row, fault=fault(K.PLATFORM_DOWN))
    assert (after.state, after.refresh_failures) == (S.HEALTHY, 0)
    assert await world.owner.fetchval("SELECT ok FROM connection_checks WHERE connection_id = $1", row.id) is False


async def test_lost_access_needs_attention_and_is_told_once(world: World) -> None:
    row = await world.connection()
    for _ in range(3):
        after = await see(world, row, fault=fault(K.AUTH_EXPIRED), lost=True)
    assert (after.state, after.reason and after.reason["code"]) == (S.ATTENTION, "auth_expired")
    assert await world.types(row.id) == ["connection.connected", "connection.needs_attention"]


async def test_a_good_look_ends_the_need(world: World) -> None:
    row = await world.connection()
    await see(world, row, fault=fault(K.AUTH_EXPIRED), lost=True)
    after = await see(world, row)
    assert (after.state, after.reason) == (S.HEALTHY, None)


async def test_a_missing_permission_is_not_mended_by_a_token_that_works(world: World) -> None:
    row = await world.connection()
    await see(world, row, fault=fault(K.PERMISSION_MISSING), lost=True)
    after = await see(world, row)
    assert (after.state, after.reason and after.reason["code"]) == (S.ATTENTION, "permission_missing")


async def test_a_token_that_dies_soon_is_told_once(world: World) -> None:
    row = await dying(world)
    for _ in range(3):
        after = await see(world, row)
    assert (after.state, after.reason and after.reason["code"]) == (S.EXPIRING_SOON, "expires_soon")
    assert (await world.types(row.id)).count("connection.expires_soon") == 1


async def test_a_token_that_renews_itself_does_not_die(world: World) -> None:
    row = await world.connection(tokens=Tokens(Secret("t"), Secret("r"), expires_at=now() + DAY))
    assert (await see(world, row)).state is S.HEALTHY


async def test_a_token_that_dies_soon_but_works_lets_jobs_run(world: World) -> None:
    row = await dying(world, S.ATTENTION)
    assert (await see(world, row)).state is S.HEALTHY
    assert (await see(world, row)).state is S.EXPIRING_SOON


async def test_three_failed_renewals_are_told(world: World) -> None:
    row = await world.connection()
    states = [(await see(world, row, what="refresh", fault=fault(K.UNREACHABLE))).state for _ in range(4)]
    assert states == [S.HEALTHY, S.HEALTHY, S.EXPIRING_SOON, S.EXPIRING_SOON]
    after = await see(world, row)
    assert (after.state, after.refresh_failures, after.reason) == (S.HEALTHY, 0, None)


@pytest.mark.parametrize("state", [S.PAUSED, S.REVOKED])
@pytest.mark.parametrize("lost", [True, False])
async def test_what_is_switched_off_stays_so(world: World, state: ConnectionState, lost: bool) -> None:
    row = await world.connection()
    await world.update("connections", row.id, state=state)
    seen = {"fault": fault(K.AUTH_EXPIRED), "lost": True} if lost else {}
    assert (await see(world, row, **seen)).state is state
    assert await world.types(row.id) == ["connection.connected"]


async def test_nobody_elses_connection_is_judged(world: World, stranger: World) -> None:
    row = await stranger.connection()
    with pytest.raises(Exception, match="does not exist"):
        await see(world, row)
    assert replace(world, tenant=stranger.tenant).tenant == stranger.tenant
    assert await world.owner.fetchval("SELECT count(*) FROM connection_checks WHERE connection_id = $1", row.id) == 0
