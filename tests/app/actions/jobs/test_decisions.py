"""What a person's decision about a job in review changes besides its state."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.actions.jobs.resolve import Resolve, resolve
from app.actions.jobs.settle import Settlement, settle
from app.domain.connections.model import Connection
from app.domain.jobs.model import Job
from app.domain.jobs.review import Resolution
from app.domain.jobs.states import JobEvent, JobState
from app.domain.jobs.verdict import Verdict
from app.kernel.errors import InvalidInput
from tests.fixtures.world import World

URL = "https://scripted.example/seen"


async def in_review(world: World, *targets: Connection, **changes: Any) -> Job:
    job = await world.sending(*targets, **changes)
    for event in (JobEvent.LOSE_ANSWER, JobEvent.ASK):
        async with world.db.transaction(world.tenant) as session:
            verdict = Verdict(event, wait=timedelta(), fault={"kind": "no_answer"})
            job = await settle(session, Settlement(job.id, job.fence, 0, verdict))
    return job


async def decide(world: World, job: Job, resolution: Resolution, **more: Any) -> Job:
    async with world.db.transaction(world.tenant) as session:
        return await resolve(session, Resolve(job.id, resolution, **more))


async def test_sending_again_forgets_the_workers_that_the_job_took_down(world: World) -> None:
    job = await in_review(world)
    await world.set(job.id, crashes=3)
    assert (await decide(world, job, Resolution.SEND_AGAIN)).crashes == 0


async def test_one_address_is_not_the_place_of_two_jobs(world: World) -> None:
    account = await world.connection()
    one, two = await in_review(world, account), await in_review(world, account)
    await decide(world, one, Resolution.CONFIRM, url=URL)
    before = await world.types()
    with pytest.raises(InvalidInput) as refused:
        await decide(world, two, Resolution.CONFIRM, url=URL)
    assert refused.value.path == ("input", "url")
    assert (await world.row(two.id)).state is JobState.NEEDS_REVIEW
    assert await world.types() == before
