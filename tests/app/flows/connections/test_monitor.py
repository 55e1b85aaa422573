"""The monitor over a scripted platform: what it renews, what it asks, and when it bothers the user."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.actions.connections.tokens import PREVIOUS, load
from app.actions.connections.transition import BY_LINK
from app.domain.connections.model import Connection
from app.domain.connections.states import ConnectionState
from app.domain.jobs.states import JobState
from app.domain.posts.planned_time import PlannedTime
from app.flows.connections.monitor import look_at
from app.flows.publishing.wake import wake
from app.services.db import Database
from connectors.contract import Access, Tokens
from connectors.faults import FaultKind
from connectors.secret import Secret
from tests.fixtures.scripted import refusal
from tests.fixtures.world import World, now

K, S = FaultKind, ConnectionState
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def look(world: World, row: Connection) -> Connection:
    after = await look_at(world.rt, world.tenant, row.id)
    assert after is not None
    return after


async def settled(world: World, **tokens: Any) -> Connection:
    """A connection that was proved just now: its next ping is not due."""
    row = await world.connection(tokens=Tokens(Secret("old"), **tokens))
    await world.update("connections", row.id, ping_at=now() + 30 * DAY)
    return row


def renewable(life: timedelta = HOUR) -> dict[str, Any]:
    return {"refresh": Secret("r-old"), "expires_at": now() + life}


async def lines(world: World, row: Connection) -> list[tuple[str, bool]]:
    query = "SELECT what, ok FROM connection_checks WHERE connection_id = $1 ORDER BY at, id"
    return [tuple(found) for found in await world.owner.fetch(query, row.id)]


async def test_a_token_is_renewed_ahead_of_its_end_and_nothing_else_is_asked(world: World) -> None:
    row = await settled(world, **renewable())
    world.clock.ahead = timedelta(minutes=30)
    assert (await look(world, row)).next_check_at <= now() + timedelta(minutes=51)
    assert world.platform.calls == []
    world.clock.ahead = timedelta(minutes=51)
    after = await look(world, row)
    assert world.platform.calls == ["refresh"]
    assert (after.state, after.token_version, await lines(world, row)) == (S.HEALTHY, 2, [("refresh", True)])
    assert after.renewed_at is not None
    # The new token lives for an hour from its own beginning: it is renewed in the last quarter of it.
    assert timedelta(minutes=30) < after.next_check_at - world.clock.now() < timedelta(minutes=60)


async def test_two_processes_renew_once(world: World, migrated_url: str) -> None:
    row = await settled(world, **renewable())
    let_go, other = asyncio.Event(), Database(migrated_url, name="postd-tests-other")

    async def slow(_: Any, access: Access) -> Tokens:
        await let_go.wait()
        return Tokens(Secret("new"), Secret("r-new"), expires_at=now() + 2 * HOUR)

    world.platform.on_refresh.append(slow)
    world.clock.ahead = timedelta(minutes=51)
    twin = replace(world, rt=replace(world.rt, db=other))
    both = [asyncio.create_task(look(one, row)) for one in (world, twin)]
    while "refresh" not in world.platform.calls:  # noqa: ASYNC110 -- the platform is called by one of the tasks
        await asyncio.sleep(0.005)
    let_go.set()
    found = await asyncio.gather(*both)
    await other.close()
    assert [one.token_version for one in found] == [2, 2]
    assert world.platform.calls == ["refresh"]


async def test_a_rotated_token_is_used_the_next_time_and_the_one_before_is_kept_until_it_has_worked(
    world: World,
) -> None:
    row = await settled(world, **renewable())
    used: list[str] = []

    async def rotate(_: Any, access: Access) -> Tokens:
        assert access.tokens.refresh is not None
        used.append(access.tokens.refresh.reveal())
        ends = world.clock.now() + HOUR
        return Tokens(Secret(f"t-{len(used)}"), Secret(f"r-{len(used)}"), expires_at=ends)

    world.platform.on_refresh.extend([rotate, rotate])
    for hours in (1, 2):
        world.clock.ahead = hours * timedelta(minutes=59)
        await look(world, row)
    assert used == ["r-old", "r-1"]
    assert await before(world, row) == "r-1"
    await world.update("connections", row.id, ping_at=None)
    await look(world, row)
    assert world.platform.calls[-1] == "check"
    assert await before(world, row) is None


async def before(world: World, row: Connection) -> str | None:
    async with world.db.read(world.tenant) as session:
        tokens = await load(session, world.rt.vault, await world.connection_row(row.id), PREVIOUS)
    return tokens.refresh.reveal() if tokens is not None and tokens.refresh is not None else None


async def test_a_lost_answer_of_a_rotating_platform_is_told_while_the_old_token_still_works(world: World) -> None:
    """The platform has rotated and we never saw it: our refresh token is dead, our access token lives a while."""
    row = await settled(world, **renewable())
    world.clock.ahead = timedelta(minutes=51)
    world.platform.on_refresh.append(refusal(K.NO_ANSWER))
    assert (await look(world, row)).state is S.HEALTHY
    world.platform.on_refresh.append(refusal(K.AUTH_EXPIRED))
    after = await look(world, row)
    assert (after.state, (after.reason or {})["code"]) == (S.EXPIRING_SOON, "cannot_be_renewed")
    job = await world.job(row)
    world.platform.on_refresh.append(refusal(K.AUTH_EXPIRED))
    await wake(world.rt, world.tenant, job.id, "worker")
    assert ((await world.row(job.id)).state, world.platform.tokens_seen) == (JobState.PUBLISHED, ["old"])


async def test_passing_trouble_is_no_revocation(world: World) -> None:
    row = await settled(world, **renewable())
    world.clock.ahead = timedelta(minutes=51)
    states = []
    for kind in (K.UNREACHABLE, K.PLATFORM_DOWN, K.RATE_LIMITED):
        world.platform.on_refresh.append(refusal(kind))
        states.append((await look(world, row)).state)
    assert states == [S.HEALTHY, S.HEALTHY, S.EXPIRING_SOON]
    after = await look(world, row)
    assert (after.state, after.refresh_failures, after.reason) == (S.HEALTHY, 0, None)
    assert await world.types(row.id) == ["connection.connected", "connection.expires_soon", "connection.recovered"]


async def test_an_account_is_proved_at_its_own_place_in_the_day(world: World) -> None:
    row = await world.connection()
    first = await look(world, row)
    assert world.platform.calls == ["check"]
    assert first.ping_at is not None
    assert first.next_check_at == first.ping_at <= now() + DAY
    await look(world, row)
    assert world.platform.calls == ["check"]
    world.clock.ahead = first.ping_at - now() + timedelta(seconds=1)
    second = await look(world, row)
    assert (world.platform.calls, second.ping_at) == (["check"] * 2, first.ping_at + DAY)


@pytest.mark.parametrize("kind", [K.UNREACHABLE, K.NO_ANSWER, K.PLATFORM_DOWN, K.UNEXPECTED_ANSWER, K.RATE_LIMITED])
@pytest.mark.parametrize("refused", [False, True], ids=["down", "refused, then down"])
async def test_a_platform_that_is_down_never_costs_the_access(world: World, kind: FaultKind, refused: bool) -> None:
    row = await world.connection()
    job = await world.job(row)
    world.platform.on_check.extend([refusal(K.AUTH_EXPIRED)] * refused + [refusal(kind)])
    after = await look(world, row)
    assert (after.state, (await world.row(job.id)).state) == (S.HEALTHY, JobState.SCHEDULED)
    assert after.ping_at is not None
    assert timedelta(minutes=14) < after.ping_at - now() < timedelta(minutes=16)
    assert await lines(world, row) == [("check", False)]


async def test_a_lost_access_parks_what_is_due_and_is_told_once(world: World) -> None:
    row = await world.connection()
    due, later = await world.job(row), await world.job(row, time=PlannedTime(now() + HOUR))
    for _ in range(3):
        world.platform.on_check.extend([refusal(K.AUTH_EXPIRED)] * 2)
        after = await look(world, row)
    assert after.state is S.ATTENTION
    assert (await world.row(due.id)).state is JobState.PARKED
    assert (await world.row(later.id)).state is JobState.SCHEDULED
    assert await world.types(row.id) == ["connection.connected", "connection.attention"]
    news = (await world.events(row.id))[-1].changes
    assert (news["reason"], news["waiting"], news["call"]) == ("auth_expired", 1, "reconnectConnection")
    assert news["message"] == "It is auth_expired."
    assert news["hint"].endswith(BY_LINK)


async def test_an_account_that_comes_back_lets_its_posts_out(world: World) -> None:
    row = await world.connection()
    job = await world.job(row)
    world.platform.on_check.extend([refusal(K.ACCOUNT_GONE)] * 2)
    await look(world, row)
    assert (await look(world, row)).state is S.HEALTHY
    assert (await world.row(job.id)).state is JobState.SCHEDULED
    news = (await world.events(row.id))[-1]
    assert (news.type, news.changes["released"], news.changes["missed"]) == ("connection.posts_released", 1, 0)


async def test_the_end_of_an_access_is_asked_about_before_it_is_believed(world: World) -> None:
    row = await settled(world, expires_at=now() + HOUR)
    world.clock.ahead = timedelta(minutes=49)
    assert (await look(world, row)).state is S.EXPIRING_SOON
    world.clock.ahead = timedelta(minutes=61)
    world.platform.on_check.extend([refusal(K.AUTH_EXPIRED)] * 2)
    assert (await look(world, row)).state is S.ATTENTION
    assert world.platform.calls == ["check", "check"]


async def test_the_same_grant_for_a_while_longer_begins_no_new_life(world: World) -> None:
    """A refresh token that ends on a day, whatever is renewed: told in its last week, not never."""
    ends = now() + 30 * DAY
    row = await settled(world, **renewable(), refresh_expires_at=ends)
    began = (await world.connection_row(row.id)).life_began_at

    async def same(_: Any, access: Access) -> Tokens:
        fresh = world.clock.now() + HOUR
        seconds_off = ends + timedelta(seconds=40)
        return Tokens(Secret("new"), Secret("r"), expires_at=fresh, refresh_expires_at=seconds_off)

    world.platform.on_refresh.append(same)
    world.clock.ahead = 25 * DAY
    after = await look(world, row)
    assert (after.life_began_at, after.state) == (began, S.EXPIRING_SOON)

    async def extended(_: Any, access: Access) -> Tokens:
        moment = world.clock.now()
        return Tokens(Secret("n"), Secret("r"), expires_at=moment + HOUR, refresh_expires_at=moment + 30 * DAY)

    world.platform.on_refresh.append(extended)
    world.clock.ahead += HOUR
    after = await look(world, row)
    assert (after.life_began_at, after.state) == (after.renewed_at, S.HEALTHY)
