from __future__ import annotations

from collections import Counter
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from app.actions.connections.switch import pause
from app.actions.jobs.checkpoint import LeaseLost
from app.domain.connections.states import ConnectionState
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobState, JobStep, ParkReason
from app.domain.posts.states import PostState
from app.flows.publishing import tries
from app.flows.publishing.wake import wake
from connectors.contract import Failed, Outcome, Pending, Published, PublishTask, Tokens, Unknown
from connectors.faults import Effect, FaultKind
from connectors.secret import Secret
from tests.fixtures.database import on_server
from tests.fixtures.scripted import fault, refusal
from tests.fixtures.servers import Services
from tests.fixtures.steps import ended_at
from tests.fixtures.world import World, now

K, S = FaultKind, JobState


async def go(world: World, job: Job) -> Job:
    """Wake a job and give it as it is afterwards."""
    await wake(world.rt, world.tenant, job.id, "worker-1")
    return await world.row(job.id)


async def test_a_post_goes_out(world: World) -> None:
    job = await go(world, await world.job())
    [part], [attempt] = await world.parts(job.id), await world.attempts(job.id)
    key = part.attempt_key
    assert world.platform.ledger == [(key, 0)]
    assert world.platform.calls == ["prepare", "publish"]
    assert (job.state, job.platform_ref, job.url) == (
        S.PUBLISHED,
        f"ref-{key}",
        f"https://scripted.example/{key}",
    )
    assert (attempt.work, attempt.worker, attempt.outcome) == ("publish", "worker-1", "publish")
    assert await world.types(job.id) == ["job.scheduled", "job.claimed", "job.intended", "job.published"]
    assert {event.actor for event in (await world.events(job.id))[1:]} == {"worker"}
    assert (await world.post_row(job.post_id)).state is PostState.PUBLISHED
    assert part.checkpoint == {"uploaded": 0}


async def test_ten_wake_ups_do_no_more_than_one(world: World) -> None:
    job = await world.job()
    for _ in range(10):
        await go(world, job)
    assert len(world.platform.ledger) == 1


NONE = [
    (K.UNREACHABLE, S.RETRYING, 1),
    (K.PLATFORM_DOWN, S.RETRYING, 1),
    (K.UNEXPECTED_ANSWER, S.RETRYING, 1),
    (K.NO_ANSWER, S.RETRYING, 1),
    (K.RATE_LIMITED, S.RETRYING, 0),
    (K.QUOTA_EXHAUSTED, S.PARKED, 0),
    (K.INVALID_CONTENT, S.FAILED, 1),
    (K.INVALID_MEDIA, S.FAILED, 1),
    (K.POLICY, S.FAILED, 1),
    (K.NOT_FOUND, S.FAILED, 1),
    (K.FORBIDDEN_ADDRESS, S.FAILED, 1),
    (K.PERMISSION_MISSING, S.PARKED, 0),
    (K.ACCOUNT_GONE, S.PARKED, 0),
    (K.DUPLICATE, S.UNKNOWN, 1),
]


@pytest.mark.parametrize("step", ["prepare", "publish", "raised"])
@pytest.mark.parametrize(("kind", "state", "attempts"), NONE, ids=[kind for kind, _, _ in NONE])
async def test_a_fault_without_effect(world: World, kind: FaultKind, state: JobState, attempts: int, step: str) -> None:
    if step == "prepare":
        world.platform.on_prepare.append(refusal(kind))
    else:
        world.platform.on_publish.append(refusal(kind) if step == "raised" else Failed(fault(kind)))
    if kind in (K.PERMISSION_MISSING, K.ACCOUNT_GONE):
        world.platform.on_check.append(refusal(kind))  # a cheap call agrees
    job = await go(world, await world.job())
    assert (job.state, job.attempts, job.fault and job.fault["kind"]) == (state, attempts, kind)
    [attempt] = await world.attempts(job.id)
    assert attempt.fault is not None
    assert (attempt.fault["kind"], attempt.ended_at is not None) == (kind, True)
    connection = await world.connection_row(job.connection_id)
    lost = kind in (K.PERMISSION_MISSING, K.ACCOUNT_GONE)
    assert connection.state is (ConnectionState.ATTENTION if lost else ConnectionState.HEALTHY)
    assert world.platform.ledger == []


@pytest.mark.parametrize("raised", [True, False])
async def test_an_effect_that_is_not_known_is_looked_for(world: World, raised: bool) -> None:
    lost = fault(K.NO_ANSWER, effect=Effect.UNKNOWN)
    world.platform.on_publish.append(refusal(K.NO_ANSWER, effect=Effect.UNKNOWN) if raised else Unknown(lost))
    job = await go(world, await world.job())
    assert job.state is S.UNKNOWN
    await world.age(job.id)
    job = await go(world, job)
    assert (job.state, world.platform.calls[-1]) == (S.RETRYING, "reconcile")
    assert timedelta(seconds=1) < job.ready_at - now() < timedelta(seconds=6.1)  # four, spread by half either way
    await world.age(job.id)
    job = await go(world, job)
    assert job.state is S.PUBLISHED
    assert len(world.platform.ledger) == 1
    assert [one.work for one in await world.attempts(job.id)] == ["publish", "reconcile", "publish"]


async def test_a_lost_answer_is_found(world: World) -> None:
    world.platform.on_publish.append(world.platform.lose)
    job = await go(world, await world.job())
    job = await go(world, job)
    assert (job.state, job.url) == (S.PUBLISHED, "https://scripted.example/found")
    assert len(world.platform.ledger) == 1


async def test_a_bug_before_the_intent_is_tried_again(world: World) -> None:
    world.platform.on_prepare.append(KeyError("bug"))
    job = await go(world, await world.job())
    assert (job.state, job.fault and job.fault["kind"]) == (S.RETRYING, "unexpected_answer")


async def test_a_bug_after_the_intent_is_unknown(world: World) -> None:
    world.platform.on_publish.append(KeyError("bug"))
    job = await go(world, await world.job())
    assert (job.state, job.fault and job.fault["effect"]) == (S.UNKNOWN, "unknown")


async def test_the_last_attempt_fails(world: World) -> None:
    job = await world.job()
    for state in (S.RETRYING, S.RETRYING, S.FAILED):
        world.platform.on_publish.append(Failed(fault(K.PLATFORM_DOWN)))
        row = await go(world, job)
        assert row.state is state
        if state is S.RETRYING:
            await world.age(job.id)
    assert world.platform.calls.count("publish") == 3


async def test_content_that_does_not_fit_any_more_is_not_sent(world: World) -> None:
    job = await world.job(text="x" * 50)
    await world.owner.execute(
        "UPDATE connections SET account_limits = $1 WHERE id = $2", '{"text.length": 10}', job.connection_id
    )
    row = await go(world, job)
    assert (row.state, row.fault and row.fault["kind"]) == (S.FAILED, "invalid_content")
    assert world.platform.calls == []


async def test_a_missed_window_sends_nothing(world: World) -> None:
    job = await world.job()
    await world.set(job.id, publish_by=now() - timedelta(seconds=1))
    assert (await go(world, job)).state is S.FAILED
    assert world.platform.calls == []


async def test_a_job_of_a_paused_connection_is_parked_when_its_time_comes(world: World) -> None:
    job = await world.job()
    async with world.db.transaction(world.tenant) as session:
        await pause(session, job.connection_id)
    row = await go(world, job)
    assert (row.state, row.park_reason) == (S.PARKED, ParkReason.PAUSED)
    assert world.platform.calls == []


async def test_a_thread_goes_out_in_order_under_one_claim(world: World) -> None:
    parents: list[tuple[str | None, str | None]] = []

    async def publish(task: PublishTask, _: Any) -> Any:
        parents.append((task.root.id if task.root else None, task.parent.id if task.parent else None))
        return Published(world.platform.post(task))

    world.platform.on_publish.extend([publish] * 3)
    job = await go(world, await world.job(parts=3))
    keys = [part.attempt_key for part in await world.parts(job.id)]
    refs = [f"ref-{key}" for key in keys]
    assert world.platform.ledger == [(key, position) for position, key in enumerate(keys)]
    assert parents == [(None, None), (refs[0], refs[0]), (refs[0], refs[1])]
    assert (job.state, job.platform_ref, job.url) == (S.PUBLISHED, refs[2], f"https://scripted.example/{keys[0]}")
    assert len(await world.attempts(job.id)) == 1
    assert (await world.types(job.id)).count("job.part_published") == 2


async def test_a_thread_goes_on_behind_the_part_whose_answer_was_lost(world: World) -> None:
    async def fine(task: PublishTask, _: Any) -> Any:
        return Published(world.platform.post(task))

    world.platform.on_publish.extend([fine, world.platform.lose])
    job = await go(world, await world.job(parts=3))
    assert (job.state, job.part) == (S.UNKNOWN, 1)
    job = await go(world, job)
    assert (job.state, job.part) == (S.RETRYING, 2)
    job = await go(world, job)
    assert job.state is S.PUBLISHED
    assert [position for _, position in world.platform.ledger] == [0, 1, 2]


async def test_a_post_that_the_platform_processes_is_polled(world: World) -> None:
    world.platform.on_publish.append(Pending({"container": "7"}, timedelta(seconds=1)))
    job = await go(world, await world.job())
    assert job.state is S.PROCESSING
    world.platform.on_poll.append(Pending({"container": "8"}, timedelta(seconds=1)))
    job = await go(world, job)
    assert job.state is S.PROCESSING
    assert (await world.parts(job.id))[0].checkpoint == {"container": "8"}
    job = await go(world, job)
    assert job.state is S.PUBLISHED
    assert [one.work for one in await world.attempts(job.id)] == ["publish", "poll", "poll"]


def renewable() -> Tokens:
    return Tokens(Secret("access-0"), Secret("refresh-0"), expires_at=now() + timedelta(hours=2))


@pytest.mark.parametrize("raised", [True, False])
async def test_a_refused_token_is_renewed_and_the_post_sent_once(world: World, raised: bool) -> None:
    world.platform.on_publish.append(refusal(K.AUTH_EXPIRED) if raised else Failed(fault(K.AUTH_EXPIRED)))
    connection = await world.connection(tokens=renewable())
    job = await go(world, await world.job(connection))
    assert (job.state, len(world.platform.ledger)) == (S.PUBLISHED, 1)
    assert world.platform.tokens_seen == ["access-0", "access-1"]
    assert (await world.connection_row(connection.id)).state is ConnectionState.HEALTHY


@pytest.mark.parametrize("raised", [True, False])
async def test_a_token_that_is_refused_twice_parks_the_job_and_tells_the_connection(world: World, raised: bool) -> None:
    world.platform.on_check.append(refusal(K.AUTH_EXPIRED))
    for _ in range(2):
        world.platform.on_publish.append(refusal(K.AUTH_EXPIRED) if raised else Failed(fault(K.AUTH_EXPIRED)))
    connection = await world.connection(tokens=renewable())
    job = await go(world, await world.job(connection))
    assert (job.state, job.park_reason, job.attempts) == (S.PARKED, ParkReason.CONNECTION, 0)
    row = await world.connection_row(connection.id)
    assert (row.state, row.reason and row.reason["code"]) == (ConnectionState.ATTENTION, "auth_expired")
    assert world.platform.calls == ["prepare", "publish", "refresh", "publish", "check"]


async def test_a_dead_grant_parks_the_job(world: World) -> None:
    world.platform.on_publish.append(refusal(K.AUTH_EXPIRED))
    world.platform.on_refresh.append(refusal(K.AUTH_EXPIRED))
    connection = await world.connection(tokens=renewable())
    job = await go(world, await world.job(connection))
    assert job.state is S.PARKED
    assert (await world.connection_row(connection.id)).state is ConnectionState.ATTENTION


async def test_one_refusal_of_a_token_that_works_is_forgiven(world: World) -> None:
    world.platform.on_publish.append(refusal(K.AUTH_EXPIRED))
    job = await go(world, await world.job())
    assert (job.state, len(world.platform.ledger)) == (S.PUBLISHED, 1)
    assert world.platform.calls == ["prepare", "publish", "check", "publish"]


async def test_a_worker_whose_lease_ended_sends_nothing(world: World) -> None:
    job = await world.job()

    async def sleep(task: PublishTask, _: Any) -> None:
        await world.age(job.id)

    world.platform.on_prepare.append(sleep)
    row = await go(world, job)
    assert (row.state, world.platform.calls) == (S.PUBLISHING, ["prepare"])
    assert (await go(world, job)).state is S.RETRYING


async def test_a_worker_that_slept_stops_just_before_the_request(world: World) -> None:
    async def sleep(task: PublishTask, _: Any) -> Outcome:
        world.clock.slept += 60
        raise LeaseLost("The lease is over.", hint="Stop.")  # as the transport's check does

    world.platform.on_publish.append(sleep)
    job = await go(world, await world.job())
    assert (job.state, job.step, job.fence) == (S.PUBLISHING, JobStep.SENDING, 1)
    await world.age(job.id)
    assert (await go(world, job)).state is S.UNKNOWN


async def test_a_database_that_goes_away_while_settling_is_waited_for(
    world: World, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = await world.owner.fetchval("SELECT current_database()")
    waits: list[float] = []

    async def cut(task: PublishTask, _: Any) -> Outcome:
        published = Published(world.platform.post(task))
        await on_server(services, f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        await world.owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name LIKE 'postd-tests%'"
        )
        return published

    async def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            await on_server(services, f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')

    monkeypatch.setattr(tries, "asyncio", SimpleNamespace(sleep=wait))
    world.platform.on_publish.append(cut)
    row = await go(world, await world.job())
    assert (row.state, len(world.platform.ledger)) == (S.PUBLISHED, 1)
    assert waits == [0.1, 0.2, 0.4]


async def test_a_database_that_stays_away_is_waited_for_no_longer_than_the_lease(
    world: World, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = await world.owner.fetchval("SELECT current_database()")

    async def cut(task: PublishTask, _: Any) -> Outcome:
        published = Published(world.platform.post(task))
        await on_server(services, f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        await world.owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name LIKE 'postd-tests%'"
        )
        return published

    async def wait(seconds: float) -> None:
        world.clock.slept += 20

    monkeypatch.setattr(tries, "asyncio", SimpleNamespace(sleep=wait))
    world.platform.on_publish.append(cut)
    job = await world.job()
    await wake(world.rt, world.tenant, job.id, "worker-1")
    await on_server(services, f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    assert (await world.row(job.id)).step is JobStep.SENDING
    for state in (S.UNKNOWN, S.PUBLISHED):
        await world.age(job.id)
        assert (await go(world, job)).state is state
    assert len(world.platform.ledger) == 1


async def test_a_crash_at_any_wait_sends_once_or_is_found_out(world: World) -> None:
    """End the flow at each of its waits in turn; what follows is the rescuer, reconcile and the next try."""
    endings: Counter[str] = Counter()
    number = 0
    while True:
        number += 1
        job = await world.job()
        before = len(world.platform.ledger)
        ended = await ended_at(wake(world.rt, world.tenant, job.id, "worker-1"), number)
        states = [(await world.row(job.id)).state]
        for _ in range(6):
            if states[-1] is S.PUBLISHED:
                break
            await world.age(job.id)
            states.append((await go(world, job)).state)
        assert states[-1] is S.PUBLISHED, (number, states)
        assert len(world.platform.ledger) - before == 1, (number, states)
        endings["unknown" if S.UNKNOWN in states else "again" if len(states) > 1 else "at once"] += 1
        if not ended:
            break
    assert set(endings) == {"unknown", "again", "at once"}
