"""Allowances: reserved with the claim, given back where nothing was used, kept where nobody knows."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.actions.jobs.cancel import cancel
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobState, ParkReason
from app.flows.publishing.wake import wake
from connectors.contract import Failed, Pending, QuotaFigure
from connectors.faults import FaultKind
from connectors.quotas import QuotaRule, QuotaScope, QuotaWindow
from tests.fixtures.scripted import CAPABILITIES, fault
from tests.fixtures.world import World, now

S, K = JobState, FaultKind
DAY = timedelta(days=1)
TWO = QuotaRule("posts", 2, DAY)


@pytest.fixture(autouse=True)
async def two_posts_a_day(world: World) -> None:
    declare(world, TWO)
    await world.owner.execute("DELETE FROM app_allowances; DELETE FROM breakers")


def declare(world: World, *rules: QuotaRule) -> None:
    world.platform.capabilities = replace(CAPABILITIES, quotas=rules)


async def go(world: World, job: Job) -> Job:
    await wake(world.rt, world.tenant, job.id, "worker-1")
    return await world.row(job.id)


async def spent(world: World, table: str = "allowances") -> int:
    """What counts as used on all lines together."""
    query = f"SELECT coalesce(sum(value::int), 0) FROM {table}, jsonb_each_text(spent)"
    mine = "" if table == "app_allowances" else f" WHERE tenant_id = '{world.tenant}'"
    return int(await world.owner.fetchval(query + mine))


async def test_what_is_published_is_used(world: World) -> None:
    job = await go(world, await world.job())
    assert (job.state, job.reserved, await spent(world)) == (S.PUBLISHED, None, 1)


async def test_what_does_not_fit_waits_for_room_without_an_attempt(world: World) -> None:
    connection = await world.connection()
    for _ in range(2):
        assert (await go(world, await world.job(connection))).state is S.PUBLISHED
    job = await world.job(connection, publish_by=now() + 2 * DAY)
    row = await go(world, job)
    assert (row.state, row.park_reason, row.attempts, row.fence) == (S.PARKED, ParkReason.QUOTA, 0, 0)
    assert row.wake_at is not None
    assert now() + DAY < row.wake_at < now() + DAY + timedelta(minutes=20)
    assert await spent(world) == 2
    assert world.platform.calls.count("publish") == 2


async def test_its_window_may_end_before(world: World) -> None:
    connection = await world.connection()
    for _ in range(2):
        await go(world, await world.job(connection))
    row = await go(world, await world.job(connection))
    assert row.wake_at == row.publish_by


async def test_another_account_has_its_own(world: World) -> None:
    declare(world, replace(TWO, max=1))
    assert [(await go(world, await world.job())).state for _ in range(2)] == [S.PUBLISHED] * 2


async def test_it_goes_out_when_there_is_room(world: World) -> None:
    connection = await world.connection()
    for _ in range(2):
        await go(world, await world.job(connection))
    job = await go(world, await world.job(connection))
    events = await world.types(job.id)
    assert (await go(world, job)).state is S.PARKED  # still no room: nothing is said
    assert await world.types(job.id) == events
    await world.owner.execute("UPDATE allowances SET spent = jsonb_build_object('1000', 2)")
    assert (await go(world, job)).state is S.PUBLISHED
    assert await spent(world) == 1  # what no longer counts was dropped


async def test_two_workers_race_for_the_last_unit(world: World) -> None:
    declare(world, QuotaRule("units", 5, DAY, scope=QuotaScope.APPLICATION, window=QuotaWindow.DAY))
    jobs = [await world.job() for _ in range(8)]
    await asyncio.gather(*(wake(world.rt, world.tenant, job.id, f"w{number}") for number, job in enumerate(jobs)))
    states = sorted([(await world.row(job.id)).state for job in jobs])
    assert states == [S.PARKED] * 3 + [S.PUBLISHED] * 5
    assert (await spent(world, "app_allowances"), len(world.platform.ledger)) == (5, 5)


async def test_an_applications_allowance_is_shared_by_workspaces(world: World, stranger: World) -> None:
    declare(world, QuotaRule("units", 1, DAY, scope=QuotaScope.APPLICATION, window=QuotaWindow.MONTH))
    assert (await go(world, await world.job())).state is S.PUBLISHED
    row = await go(stranger, await stranger.job())
    assert (row.state, row.park_reason) == (S.PARKED, ParkReason.QUOTA)


GIVEN_BACK = [K.PLATFORM_DOWN, K.INVALID_CONTENT, K.RATE_LIMITED, K.UNREACHABLE]


@pytest.mark.parametrize("kind", GIVEN_BACK)
async def test_what_had_no_effect_is_given_back(world: World, kind: FaultKind) -> None:
    world.platform.on_publish.append(Failed(fault(kind)))
    job = await go(world, await world.job())
    assert (job.reserved, await spent(world)) == (None, 0)


async def test_a_lost_answer_is_kept_and_an_absence_gives_it_back(world: World) -> None:
    async def silence(task: Any, access: Any) -> Any:
        outcome = await world.platform.lose(task, access)
        world.platform.ledger.clear()
        return outcome

    world.platform.on_publish.append(silence)
    job = await go(world, await world.job())
    assert (job.state, await spent(world)) == (S.UNKNOWN, 1)
    await world.age(job.id)
    job = await go(world, job)
    assert (job.state, job.reserved, await spent(world)) == (S.RETRYING, None, 0)


async def test_what_is_found_was_used(world: World) -> None:
    world.platform.on_publish.append(world.platform.lose)
    job = await go(world, await world.job())
    row = await go(world, job)
    assert (row.state, row.reserved, await spent(world)) == (S.PUBLISHED, None, 1)


async def test_a_thread_that_stops_gives_back_the_parts_that_were_not_sent(world: World) -> None:
    declare(world, replace(TWO, max=10))
    world.platform.on_publish.extend([Pending({}, timedelta(seconds=1))])
    job = await go(world, await world.job(parts=4))
    assert (job.state, await spent(world)) == (S.PROCESSING, 4)
    job = await go(world, job)  # the first part is out; the rest is claimed afresh
    assert (job.state, job.part, job.reserved, await spent(world)) == (S.RETRYING, 1, None, 1)
    world.platform.on_publish.append(world.platform.lose)
    job = await go(world, job)
    assert (job.state, await spent(world)) == (S.UNKNOWN, 2)


async def test_a_thread_that_does_not_fit_is_not_begun(world: World) -> None:
    declare(world, replace(TWO, max=3))
    connection = await world.connection()
    assert (await go(world, await world.job(connection))).state is S.PUBLISHED
    row = await go(world, await world.job(connection, parts=3))
    assert (row.state, row.part, await spent(world)) == (S.PARKED, 0, 1)


async def test_a_worker_that_died_before_sending_used_nothing(world: World) -> None:
    world.platform.on_prepare.append(asyncio.CancelledError())
    job = await world.job()
    with pytest.raises(asyncio.CancelledError):
        await go(world, job)
    assert await spent(world) == 1
    await world.age(job.id)
    row = await go(world, job)
    assert (row.state, row.reserved, await spent(world)) == (S.RETRYING, None, 0)


async def test_a_job_that_is_cancelled_while_it_waits_uses_nothing(world: World) -> None:
    world.platform.on_publish.append(Failed(fault(K.PLATFORM_DOWN)))
    job = await go(world, await world.job())
    async with world.db.transaction(world.tenant) as session:
        await cancel(session, job.id)
    assert await spent(world) == 0


async def test_the_platforms_own_figures_override(world: World) -> None:
    def told(used: int, most: int) -> None:
        async def prepare(task: Any, access: Any) -> None:
            world.platform.told(QuotaFigure("posts", used, most))

        world.platform.on_prepare.append(prepare)

    connection = await world.connection()
    told(40, 50)
    assert (await go(world, await world.job(connection))).state is S.PUBLISHED
    assert await spent(world) == 41
    told(3, 4)
    assert (await go(world, await world.job(connection))).state is S.PUBLISHED
    assert await spent(world) == 4
    row = await go(world, await world.job(connection))
    assert (row.state, row.park_reason) == (S.PARKED, ParkReason.QUOTA)


async def test_an_allowance_that_the_platform_says_is_used_up(world: World) -> None:
    connection = await world.connection()
    world.platform.on_publish.append(Failed(fault(K.QUOTA_EXHAUSTED, retry_after=timedelta(hours=1))))
    first = await go(world, await world.job(connection))
    assert (first.state, first.park_reason, first.attempts) == (S.PARKED, ParkReason.QUOTA, 0)
    assert first.wake_at is not None
    assert first.wake_at > now() + timedelta(minutes=59)
    assert await spent(world) == 0
    second = await go(world, await world.job(connection))
    assert (second.state, second.attempts) == (S.RETRYING, 0)  # no other worker asks before the hour is over
    assert world.platform.calls.count("publish") == 1


async def test_a_platform_without_allowances_keeps_no_ledger(world: World) -> None:
    declare(world)
    await go(world, await world.job())
    assert await spent(world) == 0


async def lines(world: World) -> list[str]:
    rows = await world.owner.fetch("SELECT name FROM allowances WHERE tenant_id = $1", world.tenant)
    return [row["name"] for row in rows]


async def test_of_two_allowances_both_or_none_are_reserved(world: World) -> None:
    declare(world, QuotaRule("hour", 5, timedelta(hours=1)), QuotaRule("day", 1, DAY))
    connection = await world.connection()
    await go(world, await world.job(connection))
    row = await go(world, await world.job(connection))
    assert (row.state, len(await lines(world)), await spent(world)) == (S.PARKED, 2, 2)
