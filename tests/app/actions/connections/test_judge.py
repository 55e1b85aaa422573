from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.actions.connections.judge import Look, judge
from app.domain.connections.model import Connection
from app.domain.connections.rhythm import Rhythm
from app.domain.connections.states import ConnectionState
from app.domain.posts.planned_time import PlannedTime
from connectors.contract import Account, Tokens
from connectors.faults import FaultKind
from connectors.secret import Secret
from tests.fixtures.scripted import fault
from tests.fixtures.world import World, now

S, K = ConnectionState, FaultKind
DAY = timedelta(days=1)
RHYTHM = Rhythm(timedelta(minutes=1), DAY, 7 * DAY, timedelta(minutes=10))


async def see(world: World, row: Connection, **seen: Any) -> Connection:
    what = seen.pop("what", "check")
    async with world.db.transaction(world.tenant) as session:
        return await judge(session, Look(row.id, what, seen.pop("at", now()), RHYTHM, **seen))


async def dying(world: World, state: ConnectionState = S.HEALTHY) -> Connection:
    row = await world.connection(tokens=Tokens(Secret("t"), expires_at=now() + DAY))
    await world.update("connections", row.id, state=state, life_began_at=now() - 30 * DAY)
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
    assert await world.types(row.id) == ["connection.connected", "connection.attention"]


async def test_a_good_look_ends_the_need(world: World) -> None:
    row = await world.connection()
    await see(world, row, fault=fault(K.AUTH_EXPIRED), lost=True)
    after = await see(world, row)
    assert (after.state, after.reason) == (S.HEALTHY, None)


async def test_a_missing_permission_is_not_mended_by_a_token_that_works(world: World) -> None:
    row = await world.connection()
    await see(world, row, what="publish", fault=fault(K.PERMISSION_MISSING), lost=True, unmended=True)
    after = await see(world, row)
    assert (after.state, after.reason and after.reason["code"]) == (S.ATTENTION, "permission_missing")
    assert after.next_check_at <= now() + DAY


async def test_a_refusal_of_the_cheap_call_ends_when_that_call_passes(world: World) -> None:
    row = await world.connection()
    lost = await see(world, row, fault=fault(K.PERMISSION_MISSING), lost=True)
    assert (lost.state, lost.next_check_at > now() + timedelta(minutes=14)) == (S.ATTENTION, True)
    assert (await see(world, row)).state is S.HEALTHY


async def test_the_news_that_the_access_is_lost_says_what_to_do_and_what_waits(world: World) -> None:
    row = await world.connection()
    await world.job(row)
    await world.job(row, time=PlannedTime(now() + DAY))
    after = await see(world, row, fault=fault(K.AUTH_EXPIRED), lost=True, under_way=1)
    hint = "Do something. Ask for a link with reconnectConnection and open it as the account's owner."
    assert (after.reason or {})["hint"] == hint
    news = (await world.events(row.id))[-1]
    assert news.type == "connection.attention"
    assert (news.changes["message"], news.changes["hint"], news.changes["waiting"]) == ("It is auth_expired.", hint, 2)


async def test_a_token_that_ends_is_told_once_a_day(world: World) -> None:
    row, start = await dying(world), now()
    for hours in (0, 1, 23, 25, 26, 50):
        await see(world, row, what="calendar", at=start + timedelta(hours=hours))
    assert (await world.types(row.id)).count("connection.expires_soon") == 3


async def test_a_short_access_is_told_in_the_last_fifth_of_its_life(world: World) -> None:
    row = await world.connection(tokens=Tokens(Secret("t"), expires_at=now() + timedelta(hours=10)))
    assert (await see(world, row)).state is S.HEALTHY
    assert (await see(world, row, at=now() + timedelta(hours=7.9))).state is S.HEALTHY
    assert (await see(world, row, at=now() + timedelta(hours=8.1))).state is S.EXPIRING_SOON


async def test_a_renewal_that_is_refused_while_the_token_works_is_told(world: World) -> None:
    row = await world.connection()
    seen = {"what": "refresh", "fault": fault(K.AUTH_EXPIRED), "unrenewable": True}
    for _ in range(2):
        after = await see(world, row, **seen)
    assert (after.state, (after.reason or {})["code"]) == (S.EXPIRING_SOON, "cannot_be_renewed")
    assert (await world.types(row.id)).count("connection.expires_soon") == 1


async def test_a_look_at_the_calendar_leaves_no_line(world: World) -> None:
    row = await world.connection()
    before = await world.connection_row(row.id)
    after = await see(world, row, what="calendar")
    assert (after.last_ok_at, after.ping_at) == (before.last_ok_at, None)
    assert await world.owner.fetchval("SELECT count(*) FROM connection_checks WHERE connection_id = $1", row.id) == 0


async def test_failed_renewals_are_tried_again_less_and_less_often(world: World) -> None:
    row, start = await world.connection(), now()
    waits = []
    for _ in range(6):
        after = await see(world, row, what="refresh", fault=fault(K.PLATFORM_DOWN), at=start)
        waits.append((after.next_check_at - start) / timedelta(minutes=1))
    assert waits == [1, 2, 4, 8, 15, 15]


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
