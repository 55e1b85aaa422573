"""A platform in trouble is left alone, probed once, and let back gently; users are told once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.breakers.model import Breaker
from app.domain.breakers.queries import standing
from app.domain.breakers.states import BreakerState, Operation, Place
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobState, ParkReason
from app.domain.posts.states import PostState
from app.flows.connections.monitor import look_at
from app.flows.limits.weather import Weather
from app.flows.publishing.wake import wake
from app.services.outcomes import Outcomes
from connectors.contract import Failed, Pending
from connectors.faults import FaultKind
from tests.fixtures.scripted import fault, refusal
from tests.fixtures.world import TIMING, World, now

S, K = JobState, FaultKind
HERE = Place("scripted", "https://scripted.example", Operation.PUBLISH)
TOLD = ("platform.unwell", "platform.paused", "platform.recovered")


@pytest.fixture(autouse=True)
async def no_breakers(world: World) -> None:
    await world.owner.execute("DELETE FROM breakers")


async def go(world: World, job: Job) -> Job:
    await wake(world.rt, world.tenant, job.id, "worker-1")
    return await world.row(job.id)


async def breakers(world: World) -> Sequence[Breaker]:
    async with world.db.system() as session:
        return await standing(session)


async def opened(world: World) -> Breaker:
    """The breaker after as many failures as it takes."""
    for _ in range(TIMING.breaker_failures):
        await world.rt.weather.saw(HERE, fault(K.PLATFORM_DOWN))
    (breaker,) = await breakers(world)
    return breaker


async def probe_is_due(world: World) -> None:
    await world.owner.execute("UPDATE breakers SET next_probe_at = clock_timestamp() - interval '1 second'")
    world.rt.weather.forget()


async def told(world: World) -> list[str]:
    return [kind for kind in await world.types() if kind in TOLD]


async def test_failures_open_it_for_that_server_and_operation(world: World) -> None:
    world.platform.on_publish.extend([Failed(fault(K.PLATFORM_DOWN)), world.platform.lose] * 3)
    for _ in range(TIMING.breaker_failures):
        assert await breakers(world) == []
        await go(world, await world.job())
    (breaker,) = await breakers(world)
    assert (breaker.place, breaker.state, breaker.opened) == (HERE, BreakerState.OPEN, 1)
    assert breaker.reason == "It is platform_down."


@pytest.mark.parametrize("kind", [K.INVALID_CONTENT, K.RATE_LIMITED, K.POLICY, K.UNEXPECTED_ANSWER])
async def test_what_is_the_users_or_a_limit_does_not(world: World, kind: FaultKind) -> None:
    for _ in range(8):
        await world.rt.weather.saw(HERE, fault(kind))
    assert await breakers(world) == []


async def test_a_job_waits_without_an_attempt_and_nothing_is_sent(world: World) -> None:
    await opened(world)
    calls = list(world.platform.calls)
    job = await go(world, await world.job())
    assert (job.state, job.park_reason, job.attempts) == (S.PARKED, ParkReason.BREAKER, 0)
    assert job.wake_at is not None
    assert now() < job.wake_at < now() + timedelta(seconds=TIMING.breaker_pause * 2 + TIMING.breaker_spread)
    assert world.platform.calls == calls
    assert (await world.post_row(job.post_id)).state is PostState.SCHEDULED  # nobody has to do anything


async def test_another_server_of_the_platform_goes_on(world: World) -> None:
    await opened(world)
    elsewhere = await world.connection(server="https://other.example")
    assert (await go(world, await world.job(elsewhere))).state is S.PUBLISHED


async def test_the_workspace_is_told_once(world: World, stranger: World) -> None:
    await opened(world)
    jobs = [await world.job() for _ in range(3)]
    await asyncio.gather(*(go(world, job) for job in jobs))
    await go(stranger, await stranger.job())
    assert await told(world) == ["platform.unwell"]
    assert await told(stranger) == ["platform.unwell"]


async def test_looking_again_in_vain_says_nothing(world: World) -> None:
    await opened(world)
    job = await go(world, await world.job())
    before = await world.types(job.id)
    again = await go(world, job)
    assert (again.state, again.park_reason, again.revision) == (S.PARKED, ParkReason.BREAKER, job.revision)
    assert await world.types(job.id) == before


async def test_the_probe_that_passes_closes_it_and_all_go_out(world: World) -> None:
    await opened(world)
    first, second = [await go(world, await world.job()) for _ in range(2)]
    await probe_is_due(world)
    assert (await go(world, first)).state is S.PUBLISHED
    assert await breakers(world) == []
    moved = await world.row(second.id)
    assert moved.wake_at is not None
    assert moved.wake_at < now() + timedelta(seconds=TIMING.breaker_spread)
    assert (await go(world, second)).state is S.PUBLISHED
    assert await told(world) == ["platform.unwell", "platform.recovered"]


async def test_the_probe_that_fails_opens_it_for_longer(world: World) -> None:
    await opened(world)
    job = await go(world, await world.job())
    await probe_is_due(world)
    world.platform.on_publish.append(Failed(fault(K.NO_ANSWER)))
    assert (await go(world, job)).state is S.RETRYING  # the one call that found out
    (breaker,) = await breakers(world)
    assert (breaker.state, breaker.opened, breaker.probe_until) == (BreakerState.OPEN, 2, None)
    assert breaker.next_probe_at is not None
    assert breaker.next_probe_at > now() + timedelta(seconds=TIMING.breaker_pause * 1.4)
    assert await told(world) == ["platform.unwell"]


async def test_a_refusal_of_the_content_proves_that_it_is_back(world: World) -> None:
    await opened(world)
    job = await go(world, await world.job())
    await probe_is_due(world)
    world.platform.on_publish.append(Failed(fault(K.INVALID_CONTENT)))
    assert (await go(world, job)).state is S.FAILED
    assert await breakers(world) == []


async def test_of_many_workers_one_probes(world: World) -> None:
    await opened(world)
    jobs = [await go(world, await world.job()) for _ in range(6)]
    await probe_is_due(world)
    arrived, gate = asyncio.Event(), asyncio.Event()

    async def slow(task: object, access: object) -> Failed:
        arrived.set()
        await gate.wait()
        return Failed(fault(K.PLATFORM_DOWN))

    world.platform.on_publish.append(slow)
    outcomes = Outcomes(world.rt.redis, 60, prefix="other")
    other = replace(world.rt, weather=Weather(world.db, outcomes, TIMING, world.clock))
    before = world.platform.calls.count("publish")
    works = [
        asyncio.create_task(wake(rt, world.tenant, job.id, "w"))
        for job, rt in zip(jobs, [world.rt, other] * 3, strict=True)
    ]
    await arrived.wait()
    await asyncio.wait(works, return_when=asyncio.FIRST_COMPLETED)
    gate.set()
    await asyncio.gather(*works)
    assert world.platform.calls.count("publish") == before + 1
    rows = [await world.row(job.id) for job in jobs]
    assert sorted(row.state for row in rows) == [S.PARKED] * 5 + [S.RETRYING]


async def test_a_probe_that_asks_nothing_is_given_back(world: World) -> None:
    connection = await world.connection()
    await opened(world)
    job = await go(world, await world.job(connection))
    await probe_is_due(world)
    running = await world.job(connection)
    await world.set(running.id, state="publishing", step="prepared", lease_until=now() + timedelta(minutes=1))
    assert (await go(world, job)).state is S.SCHEDULED  # its connection is busy
    (breaker,) = await breakers(world)
    assert (breaker.state, breaker.opened) == (BreakerState.OPEN, 1)
    assert breaker.next_probe_at is not None
    assert breaker.next_probe_at <= now()


async def test_a_window_that_ends_meanwhile_is_told(world: World) -> None:
    await opened(world)
    job = await go(world, await world.job())
    await world.set(job.id, publish_by=now() - timedelta(seconds=1))
    row = await go(world, job)
    assert (row.state, row.fault and row.fault["kind"]) == (S.FAILED, "missed_window")


async def test_a_job_whose_account_is_lost_meanwhile_waits_for_that(world: World) -> None:
    connection = await world.connection()
    await opened(world)
    job = await go(world, await world.job(connection))
    await world.update("connections", connection.id, state="attention")
    row = await go(world, job)
    assert (row.state, row.park_reason) == (S.PARKED, ParkReason.CONNECTION)


async def test_reads_that_fail_put_looks_off_and_posts_go_on(world: World) -> None:
    for _ in range(TIMING.breaker_failures):
        world.platform.on_publish.append(Pending({}, timedelta(seconds=1)))
        job = await go(world, await world.job())
        world.platform.on_poll.append(refusal(K.NO_ANSWER))
        assert (await go(world, job)).state is S.PROCESSING
    assert [one.operation for one in await breakers(world)] == [Operation.READ]
    assert (await go(world, await world.job())).state is S.PUBLISHED
    looks = world.platform.calls.count("poll")
    row = await go(world, job)
    assert (row.state, world.platform.calls.count("poll")) == (S.PROCESSING, looks)
    assert row.wake_at is not None
    assert row.wake_at > now()
    await probe_is_due(world)
    assert (await go(world, job)).state is S.PUBLISHED
    assert await breakers(world) == []


async def test_a_platform_that_is_paused_is_not_asked_about_accounts(world: World) -> None:
    connection = await world.connection()
    await world.owner.execute(
        "INSERT INTO breakers (platform, host, operation, state, episode, since, reason, opened, actor) "
        "VALUES ('scripted', '', 'all', 'paused', gen_random_uuid(), now(), 'Because.', 1, 'operator')"
    )
    assert await look_at(world.rt, world.tenant, connection.id) is None
    assert world.platform.calls == []
