"""Nothing is sent again without a proof that the first request had no effect."""

from __future__ import annotations

from app.domain.jobs.model import Job
from app.domain.jobs.states import JobState
from app.flows.publishing.wake import wake
from connectors.contract import Failed, Outcome, PublishTask, Tokens
from connectors.faults import Effect, FaultKind
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


async def test_a_duplicate_at_the_sending_is_looked_for(world: World) -> None:
    world.platform.on_publish.append(Failed(fault(K.DUPLICATE)))
    assert (await go(world, await world.job())).state is S.UNKNOWN
