"""Pauses that platforms ask for are kept by every worker; jobs move and use no attempt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from app.domain.jobs.model import Job
from app.domain.jobs.states import JobState
from app.flows.limits.pace import of_account, of_application
from app.flows.limits.told import Told, act_on
from app.flows.publishing.wake import wake
from app.flows.runtime import Runtime
from app.services.limits import Limiter
from connectors.budgets import Spent
from connectors.contract import Failed, Pending
from connectors.faults import FaultKind
from connectors.quotas import Pace
from tests.fixtures.scripted import CAPABILITIES, fault
from tests.fixtures.world import World, now

S, K = JobState, FaultKind
HOUR = timedelta(hours=1)
SLOW = Pace(per_second=1 / 86_400, burst=2)


async def go(world: World, job: Job, rt: Runtime | None = None) -> Job:
    await wake(rt or world.rt, world.tenant, job.id, "worker-1")
    return await world.row(job.id)


async def test_a_storm_of_429_is_waited_out_by_all_workers(world: World) -> None:
    connection = await world.connection()
    jobs = [await world.job(connection) for _ in range(6)]
    world.platform.on_publish.append(Failed(fault(K.RATE_LIMITED, retry_after=HOUR)))
    started = now()
    rows = [await go(world, job, world.rt if number % 2 else replace(world.rt)) for number, job in enumerate(jobs)]
    assert world.platform.calls.count("publish") == 1
    assert {(row.state, row.attempts) for row in rows} == {(S.RETRYING, 0)}
    assert all(row.ready_at >= started + HOUR - timedelta(seconds=1) for row in rows)
    assert len({row.ready_at for row in rows}) == 6  # they do not come back at one moment
    assert await world.owner.fetchval("SELECT count(*) FROM breakers WHERE state <> 'closed'") == 0


async def test_a_pause_of_the_application_holds_every_account(world: World, stranger: World) -> None:
    paused = replace(fault(K.RATE_LIMITED, retry_after=HOUR), shared=True)
    world.platform.on_publish.append(Failed(paused))
    server = "https://of-this-test.example"
    await go(world, await world.job(await world.connection(server=server)))
    row = await go(stranger, await stranger.job(await stranger.connection(server=server)))
    assert (row.state, row.attempts, world.platform.calls.count("publish")) == (S.RETRYING, 0, 1)
    assert (await go(world, await world.job())).state is S.PUBLISHED  # another server


async def test_an_account_keeps_its_pace(world: World) -> None:
    world.platform.capabilities = replace(CAPABILITIES, pace=SLOW)
    connection = await world.connection()
    states = [(await go(world, await world.job(connection))).state for _ in range(3)]
    assert states == [S.PUBLISHED, S.PUBLISHED, S.RETRYING]
    assert (await go(world, await world.job())).state is S.PUBLISHED


async def test_a_workspace_keeps_its_pace_and_delays_no_other(world: World, stranger: World) -> None:
    settings = world.rt.settings.model_copy(update={"tenant_rate": 1 / 86_400, "tenant_burst": 1})
    world.rt = stranger.rt = replace(world.rt, settings=settings)
    states = [(await go(one, await one.job())).state for one in (world, world, stranger)]
    assert states == [S.PUBLISHED, S.RETRYING, S.PUBLISHED]


async def test_a_short_wait_is_waited_out(world: World) -> None:
    world.platform.capabilities = replace(CAPABILITIES, pace=Pace(per_second=20, burst=1))
    connection = await world.connection()
    assert [(await go(world, await world.job(connection))).state for _ in range(2)] == [S.PUBLISHED] * 2


async def test_without_redis_posts_go_out(world: World, valkey_gone: Runtime) -> None:
    world.platform.capabilities = replace(CAPABILITIES, pace=SLOW)
    connection = await world.connection()
    for _ in range(3):
        assert (await go(world, await world.job(connection), valkey_gone)).state is S.PUBLISHED


@pytest.fixture
async def valkey_gone(world: World) -> AsyncIterator[Runtime]:
    async with Redis.from_url("redis://127.0.0.1:1", retry=Retry(NoBackoff(), 0)) as nobody:
        yield replace(world.rt, limiter=Limiter(nobody))


async def test_a_post_that_was_sent_is_not_asked_for_during_a_pause(world: World) -> None:
    connection = await world.connection()
    world.platform.on_publish.append(Pending({}, timedelta(seconds=1)))
    job = await go(world, await world.job(connection))
    await world.rt.limiter.hold(of_account(connection.id), HOUR)
    row = await go(world, job)
    assert (row.state, "poll" in world.platform.calls) == (S.PROCESSING, False)
    assert row.wake_at is not None
    assert row.wake_at > now() + timedelta(minutes=59)


@pytest.mark.parametrize("shared", [True, False])
async def test_a_budget_in_the_headers_holds(world: World, shared: bool) -> None:
    seen: dict[str, Any] = {}

    async def prepare(task: Any, access: Any) -> None:
        seen["access"] = access

    world.platform.on_prepare.append(prepare)
    server = f"https://{'shared' if shared else 'own'}.example"
    connection = await world.connection(server=server)
    job = await go(world, await world.job(connection))
    await act_on(world.rt, world.tenant, job, seen["access"], Told(budgets=[Spent(HOUR, shared)]))
    account, application = of_account(connection.id), of_application("scripted", server)
    held = [await world.rt.limiter.held([key]) > timedelta() for key in (account, application)]
    assert held == [not shared, shared]


async def test_many_at_once_share_one_burst(world: World) -> None:
    world.platform.capabilities = replace(CAPABILITIES, pace=Pace(1 / 86_400, 100))
    settings = world.rt.settings.model_copy(update={"tenant_rate": 1 / 86_400, "tenant_burst": 4})
    rts = [replace(world.rt, settings=settings), replace(world.rt, settings=settings)]
    jobs = [await world.job() for _ in range(8)]
    await asyncio.gather(*(wake(rts[n % 2], world.tenant, job.id, "w") for n, job in enumerate(jobs)))
    states = sorted([(await world.row(job.id)).state for job in jobs])
    assert states == [S.PUBLISHED] * 4 + [S.RETRYING] * 4
