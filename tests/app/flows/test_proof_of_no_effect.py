"""Nothing is sent again, and nothing counts as sent, without a proof."""

from __future__ import annotations

import pytest

from app.domain.jobs.model import Job
from app.domain.jobs.states import JobState
from app.flows.wake import wake
from connectors.contract import Failed, Outcome, Published, PublishTask, Tokens
from connectors.faults import Effect, FaultKind, PlatformFault
from connectors.secret import Secret
from tests.fixtures.scripted import fault, refusal
from tests.fixtures.world import World

K, S = FaultKind, JobState


async def go(world: World, job: Job) -> Job:
    await wake(world.rt, world.tenant, job.id, "worker-1")
    return await world.row(job.id)


async def test_a_refused_token_whose_effect_is_not_known_is_not_sent_again(world: World) -> None:
    async def act(task: PublishTask, _access: object) -> Outcome:
        world.platform.post(task)
        raise refusal(K.AUTH_EXPIRED, effect=Effect.UNKNOWN)

    world.platform.on_publish.append(act)
    account = await world.connection(tokens=Tokens(Secret("a"), Secret("r")))
    row = await go(world, await world.job(account))
    assert (row.state, len(world.platform.ledger)) == (S.UNKNOWN, 1)
    assert (await world.connection_row(account.id)).state == "healthy"


@pytest.mark.parametrize("effect", [Effect.NONE, Effect.UNKNOWN])
async def test_a_fault_before_the_intent_is_never_an_unknown_outcome(world: World, effect: Effect) -> None:
    world.platform.on_prepare.append(refusal(K.DUPLICATE, effect=effect))
    row = await go(world, await world.job())
    assert (row.state, row.unknown_since) == (S.RETRYING, None)
    await world.age(row.id)
    assert (await go(world, row)).state is S.PUBLISHED
    assert len(world.platform.ledger) == 1


async def test_a_duplicate_at_the_sending_is_looked_for(world: World) -> None:
    world.platform.on_publish.append(Failed(fault(K.DUPLICATE)))
    assert (await go(world, await world.job())).state is S.UNKNOWN


async def test_a_part_of_a_thread_that_is_a_duplicate_in_its_preparation_keeps_the_part_before_it(world: World) -> None:
    job = await world.job(parts=2)
    second: list[PlatformFault] = [refusal(K.DUPLICATE)]

    async def first(task: PublishTask, _access: object) -> Outcome:
        world.platform.on_prepare.extend(second)
        return Published(world.platform.post(task))

    world.platform.on_publish.append(first)
    row = await go(world, job)
    assert (row.state, row.part, len(world.platform.ledger)) == (S.RETRYING, 1, 1)
