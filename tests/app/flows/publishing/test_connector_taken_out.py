"""A job whose connector was taken out of the installation while the platform was at work ends with a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from app.domain.jobs.states import JobState
from app.flows.publishing.wake import wake
from connectors.catalog import Catalog
from connectors.contract import Pending
from tests.fixtures.world import World

S = JobState


async def test_a_processing_job_of_a_platform_that_is_gone_is_given_to_a_person(world: World) -> None:
    world.platform.on_publish.append(Pending({}, timedelta(seconds=1)))
    job = await world.job()
    await wake(world.rt, world.tenant, job.id, "worker-1")
    assert (await world.row(job.id)).state is S.PROCESSING
    without = replace(world.rt, catalog=Catalog([]))
    for state in (S.UNKNOWN, S.NEEDS_REVIEW):
        await world.age(job.id)
        await wake(without, world.tenant, job.id, "worker-1")
        assert (await world.row(job.id)).state is state
